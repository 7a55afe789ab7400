"""The world that all hostile input meets: one for the folder, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Clone
from tests.gateways.sandbox_process import SandboxProcess, free_port
from tests.hostile.world import World, open_world


@pytest.fixture(scope="package")
async def world(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home = tmp_path_factory.mktemp("hostile")
    sandbox = SandboxProcess(home / "sandbox", free_port())
    await sandbox.start()
    try:
        async with open_world(await clone(), f"{redis_url}?db=14", home, sandbox) as opened:
            yield opened
    finally:
        await sandbox.kill()
