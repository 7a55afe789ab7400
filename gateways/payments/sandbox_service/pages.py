"""What people see of the sandbox: the hosted payment page, the bank's challenge, and an index with scenarios and deliveries.

Plain HTML without scripts under a policy that lets nothing in. The unguessable page name is the buyer's only key, and all
that it opens is the decision about its one payment.
"""

from __future__ import annotations

import sqlite3
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateways.payments.sandbox_service import desk as desks
from gateways.payments.sandbox_service import ledger, requests
from gateways.payments.sandbox_service.desk import Desk
from gateways.payments.sandbox_service.scenarios import REFUSED_BY_BUYER, SCENARIOS, UNCONFIRMED, scenario_of
from gateways.payments.sandbox_service.states import Failure, Payment, Status
from gateways.payments.sandbox_service.wire import text_of

CODE = "123456"
_STYLE = """body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 } td, th { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left }
button { font: inherit; padding: .5rem 1.5rem; margin: .5rem .5rem .5rem 0 } .sum { font-size: 1.6rem }
"""


def routes() -> list[Route]:
    return [
        Route("/", _index),
        Route("/style.css", Response(_STYLE, media_type="text/css", headers={"cache-control": "max-age=3600"})),
        Route("/pay/{page}", _show, methods=["GET"], name="pay"),
        Route("/pay/{page}", _decide, methods=["POST"]),
        Route("/challenge/{page}", _show, methods=["GET"], name="challenge"),
        Route("/challenge/{page}", _decide, methods=["POST"]),
    ]


async def _index(request: Request) -> Response:
    log = await _desk(request).ledger.transact(_log_rows)
    scenarios = "".join(
        f"<tr><td><code>{escape(token)}</code></td><td>{escape(scenario.story)}</td></tr>"
        for token, scenario in SCENARIOS.items()
    )
    return _page(
        "Sandbox payments",
        "<p>A payment provider that moves no money. The method token of a payment chooses what happens; a delay may follow it,"
        " as in <code>tok_async_success:200ms</code> or <code>tok_dispute:5s</code>.</p>"
        f"<h2>Method tokens</h2><table><tr><th>Token</th><th>What happens</th></tr>{scenarios}</table>"
        "<h2>Latest webhooks</h2><table><tr><th>Made</th><th>Kind</th><th>Payment</th><th>State</th><th>Tries</th></tr>"
        f"{log}</table>",
    )


def _log_rows(connection: sqlite3.Connection) -> str:
    rows = connection.execute("SELECT created_ms, kind, payment_id, state, tries FROM events ORDER BY number DESC LIMIT 50")
    return "".join(
        f"<tr><td>{text_of(made)}</td><td>{escape(kind)}</td><td>{escape(payment)}</td><td>{escape(state)}</td><td>{tries}</td></tr>"
        for made, kind, payment, state, tries in rows
    )


async def _show(request: Request) -> Response:
    payment = await _asked_for(request)
    if payment is None:
        return _page("Not found", "<p>There is no such payment.</p>", status=404)
    if payment.status is not Status.REQUIRES_ACTION:
        return _page("Already decided", f'<p><a href="{escape(_way_back(payment))}">Return to the shop</a></p>')
    due = (
        f'<p>Order {escape(payment.order_number)}</p><p class=sum>{_amount(payment)}</p><form method="post" autocomplete="off">'
    )
    if scenario_of(payment.method).page == "challenge":
        asked = (
            f"<p>Your bank sent you a code: {CODE} (this is a sandbox).</p>"
            '<label>Code <input name="code" inputmode="numeric" maxlength="6" required autofocus></label> '
            "<button>Confirm</button></form>"
        )
        return _page("Confirm that it is you", due + asked, back=payment.return_url)
    buttons = (
        '<button name="decision" value="approve">Pay</button><button name="decision" value="decline">Decline</button></form>'
    )
    return _page("Pay", due + buttons, back=payment.return_url)


async def _decide(request: Request) -> Response:
    payment = await _asked_for(request)
    if payment is None:
        return _page("Not found", "<p>There is no such payment.</p>", status=404)
    try:
        form = parse_qs((await requests.read_body(request)).decode("ascii"), max_num_fields=10)
    except (ValueError, requests.TooLarge):
        return _page("Not understood", "<p>This form cannot be read.</p>", status=400)
    field = "code" if scenario_of(payment.method).page == "challenge" else "decision"
    [given] = form.get(field, [""])[:1]
    if field == "decision" and given not in {"approve", "decline"}:
        return _page("Not understood", "<p>Neither approved nor declined.</p>", status=400)
    failure = _failure(field, given)
    desk = _desk(request)

    def work(connection: sqlite3.Connection) -> None:
        current = ledger.payment_by_id(connection, payment.id)
        # A second click finds the payment decided and only leads back to the shop.
        if current is not None and current.status is Status.REQUIRES_ACTION:
            desks.decide(connection, desk, current, failure=failure)

    await desk.ledger.transact(work)
    desk.stirred.set()
    return RedirectResponse(_way_back(payment), 303, headers=_headers(payment.return_url))


def _failure(field: str, given: str) -> Failure | None:
    if field == "code":
        return None if given == CODE else UNCONFIRMED
    return None if given == "approve" else REFUSED_BY_BUYER


async def _asked_for(request: Request) -> Payment | None:
    """The payment of the page, at the address of its own kind only: nobody approves a challenge without the code."""
    page = request.path_params["page"]
    payment = await _desk(request).ledger.transact(lambda connection: ledger.payment_by_page(connection, page))
    if payment is None or not request.url.path.endswith(f"/{scenario_of(payment.method).page}/{page}"):
        return None
    return payment


def _way_back(payment: Payment) -> str:
    """The shop's return address, with the reference added to its query."""
    parts = urlsplit(payment.return_url)
    query = "&".join(filter(None, (parts.query, urlencode({"payment_reference": payment.id}))))
    return urlunsplit(parts._replace(query=query))


def _amount(payment: Payment) -> str:
    """Minor units as they are: how many digits a currency has is the shop's business."""
    return f"{payment.amount} {escape(payment.currency)} (minor units)"


def _headers(back: str | None) -> dict[str, str]:
    """`back` names whom the form may lead to in the end: browsers apply form-action to the redirect as well."""
    forms = "'self'"
    if back is not None:
        parts = urlsplit(back)
        forms += f" {parts.scheme}://{parts.netloc}"
    policy = f"default-src 'none'; style-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }


def _page(title: str, body: str, *, status: int = 200, back: str | None = None) -> Response:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><link rel="stylesheet" href="/style.css">'
    text = f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>'
    return HTMLResponse(text, status, headers=_headers(back))


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk
