"""The hosted page and the challenge page: a person decides once, and nothing else gets in or out."""

from __future__ import annotations

import httpx2
import pytest

from domain.payments.model import ProviderPayment, ProviderStatus
from gateways.payments.sandbox import SandboxProvider
from tests.gateways.requests import an_attempt, eur, paid


async def _waiting(provider: SandboxProvider, token: str) -> tuple[ProviderPayment, str]:
    payment = paid(await provider.create(an_attempt(token)))
    assert (payment.status, payment.captured) == (ProviderStatus.REQUIRES_ACTION, eur(0))
    assert payment.next_action is not None
    assert payment.next_action.url is not None
    return payment, payment.next_action.url


@pytest.mark.parametrize(
    ("token", "form", "outcome"),
    [
        ("tok_redirect", {"decision": "approve"}, (ProviderStatus.CAPTURED, None)),
        ("tok_redirect", {"decision": "decline"}, (ProviderStatus.FAILED, "declined_by_buyer")),
        ("tok_challenge", {"code": "123456"}, (ProviderStatus.CAPTURED, None)),
        ("tok_challenge", {"code": "654321"}, (ProviderStatus.FAILED, "authentication_failed")),
    ],
)
async def test_the_buyer_decides_and_is_led_back_to_the_shop(
    provider: SandboxProvider,
    client: httpx2.AsyncClient,
    token: str,
    form: dict[str, str],
    outcome: tuple[ProviderStatus, str | None],
) -> None:
    payment, page = await _waiting(provider, token)
    assert (await client.get(page)).status_code == 200
    answer = await client.post(page, data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://shop.example/orders/1?tab=pay&payment_reference={payment.reference}"
    after = paid(await provider.fetch(payment.reference))
    assert ((after.status, after.failure_code), after.next_action) == (outcome, None)


async def test_a_second_click_changes_nothing_and_leads_back_too(provider: SandboxProvider, client: httpx2.AsyncClient) -> None:
    payment, page = await _waiting(provider, "tok_redirect")
    await client.post(page, data={"decision": "approve"})
    first = await provider.fetch(payment.reference)
    assert (await client.post(page, data={"decision": "decline"})).status_code == 303
    assert await provider.fetch(payment.reference) == first
    assert "Already decided" in (await client.get(page)).text


async def test_a_challenge_cannot_be_passed_at_the_other_page(provider: SandboxProvider, client: httpx2.AsyncClient) -> None:
    payment, page = await _waiting(provider, "tok_challenge")
    assert (await client.post(page.replace("/challenge/", "/pay/"), data={"decision": "approve"})).status_code == 404
    assert paid(await provider.fetch(payment.reference)).status is ProviderStatus.REQUIRES_ACTION


@pytest.mark.parametrize("body", [b"", b"decision=maybe", b"\xff\xfe", b"&" * 50 + b"a=1" * 3, b"x" * 70_000])
async def test_a_form_that_is_none_decides_nothing(provider: SandboxProvider, client: httpx2.AsyncClient, body: bytes) -> None:
    payment, page = await _waiting(provider, "tok_redirect")
    assert (await client.post(page, content=body)).status_code == 400
    assert paid(await provider.fetch(payment.reference)).status is ProviderStatus.REQUIRES_ACTION


async def test_pages_have_a_policy_that_lets_nothing_in_and_forms_go_to_the_shop_only(
    provider: SandboxProvider, client: httpx2.AsyncClient
) -> None:
    _, page = await _waiting(provider, "tok_redirect")
    answer = await client.get(page)
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; form-action 'self' https://shop.example; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    assert (await client.get(page[:-1] + "~")).status_code == 404
