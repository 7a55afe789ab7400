"""The development mailbox: every letter and text message the shop has written, as pages. Never routed in production, for it asks nobody who
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from persistence.engine import Database
from persistence.notices.reads import NoticeView, Wanted, notices_by_id, notices_page
from persistence.reader import Reader

_SHOWN_MAX = 100
_OWN_PAGE = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'"
# A letter holds what buyers typed: it is escaped, and besides runs nothing and loads nothing.
_LETTER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups"
_SHEETS = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "pages"), autoescape=True, undefined=StrictUndefined
)


def mailbox_routes(database: Database, *, filled: Callable[[str], str]) -> Sequence[BaseRoute]:
    """The pages: `/mailbox`, and a letter as `/mailbox/letter?id=` with its HTML at `/mailbox/letter/html?id=`.

    `filled` puts one-time secrets into a letter, as its reader gets it.
    """

    async def listing(_request: Request) -> Response:
        reader = Reader(database)
        try:
            page = await notices_page(reader, Wanted(), count=_SHOWN_MAX, cursor=None, backwards=False)
        finally:
            await reader.close()
        return _page(letters=page.rows, letter=None)

    async def letter(request: Request) -> Response:
        found = await _asked(database, request)
        return _page(letters=(), letter=found._replace(body_text=filled(found.body_text))) if found is not None else _nothing()

    async def html(request: Request) -> Response:
        found = await _asked(database, request)
        if found is None:
            return _nothing()
        return HTMLResponse(filled(found.body_html), headers={"Content-Security-Policy": _LETTER})

    return (
        Route("/mailbox", listing),
        Route("/mailbox/letter", letter),
        Route("/mailbox/letter/html", html),
    )


async def _asked(database: Database, request: Request) -> NoticeView | None:
    """The letter whose id the address names."""
    try:
        notice_id = UUID(request.query_params.get("id", ""))
    except ValueError:
        return None
    reader = Reader(database)
    try:
        return (await notices_by_id(reader, [notice_id]))[0]
    finally:
        await reader.close()


def _page(*, letters: Sequence[NoticeView], letter: NoticeView | None) -> Response:
    page = _SHEETS.get_template("mailbox.html.j2").render(letters=letters, letter=letter)
    return HTMLResponse(page, headers={"Content-Security-Policy": _OWN_PAGE})


def _nothing() -> Response:
    return PlainTextResponse("There is no such letter.", status_code=404)
