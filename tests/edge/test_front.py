"""The page at `/` in development."""

from __future__ import annotations

from tests.shop import Shop


async def test_who_comes_back_from_a_payment_page_is_told_where_to_go_on(shop: Shop) -> None:
    page = await shop.client.get("/", params={"payment_reference": "pay_<script>alert(1)</script>"})
    assert page.status_code == 200
    assert "You are back from the payment page." in page.text
    assert "<script>" not in page.text
    assert 'href="/graphql"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "You are back" not in (await shop.client.get("/")).text
