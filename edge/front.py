"""The page at `/` in development: where everything is. Buyers land here from a payment page when no storefront is set up."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def front_route(*, sandbox_url: str) -> Route:
    """The page, for development only."""

    async def front(request: Request) -> Response:
        paid = request.query_params.get("payment_reference")
        told = (
            f"<p><strong>You are back from the payment page.</strong> The payment {escape(paid[:100])} goes on by itself: "
            "watch the order in GraphiQL.</p>"
            if paid
            else ""
        )
        sandbox = f'<li><a href="{escape(sandbox_url)}">The sandbox payment provider</a></li>' if sandbox_url else ""
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Vitrine</title>'
            "<style>body { max-width: 40rem; margin: 3rem auto; font: 1rem/1.6 system-ui, sans-serif }</style>"
            f"<h1>Vitrine</h1>{told}<ul>"
            '<li><a href="/graphql">GraphiQL: buy something, step by step</a></li>'
            '<li><a href="/mailbox">The letters the shop has written</a></li>'
            f'{sandbox}<li><a href="/metrics">Metrics</a>, <a href="/health">health</a></li></ul></html>'
        )
        return HTMLResponse(body, headers={"content-security-policy": _POLICY})

    return Route("/", front)
