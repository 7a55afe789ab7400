"""The sandbox keeps the contract of every provider, over real HTTP to its own process."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from gateways.payments.sandbox import SandboxProvider
from tests.gateways.contract import ProviderContract
from tests.gateways.requests import Books
from tests.gateways.sandbox_process import SandboxProcess, free_port
from tests.gateways.subject import Subject


class TestSandbox(ProviderContract):
    @pytest.fixture
    def subject(self, sandbox: SandboxProcess, client: httpx2.AsyncClient, books: Books) -> Subject:
        async def charges(attempt_key: str) -> tuple[int, int]:
            sums = await books(attempt_key)
            return sums.get("charges", 0), sums.get("captured", 0)

        nowhere = replace(sandbox.values(), url=f"http://127.0.0.1:{free_port()}")
        return Subject(
            provider=SandboxProvider(client, sandbox.values()),
            unreachable=SandboxProvider(client, nowhere),
            locked_out=SandboxProvider(client, sandbox.values(api_key="sk_of_somebody_else")),
            good="tok_success",
            declined="tok_decline",
            charges=charges,
        )
