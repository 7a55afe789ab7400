"""Declining messages from within them, without a log-in: a page with a button, and one press in the mail program (RFC 8058).

`GET` changes nothing, for mail programs and scanners follow links by themselves. Every answer is the same whether or not
anybody was given the secret, so that nothing can be learned from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from domain.ids import NoticeId
from domain.notices.choices import unsubscribe
from domain.seal import Seal
from edge.oauth.page import STYLE, page_headers
from persistence.failures import described
from persistence.unit import Transactions

PATH = "/unsubscribe/{secret}"
PURPOSE = "unsubscribe"
"""What the secrets are sealed for."""
_FIELDS_MAX = 5
_FOLDER = Path(__file__).resolve().parent / "pages"
_SHEETS = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads((_FOLDER / "unsubscribe.toml").read_text("utf-8"))

log = structlog.stdlib.get_logger(__name__)


class Unsubscribing:
    """The page behind `PATH`, and what its form and mail programs post there."""

    def __init__(self, *, transact: Transactions, seal: Seal) -> None:
        self._transact = transact
        self._seal = seal

    async def show(self, request: Request) -> Response:
        """The question, for whoever follows the link."""
        return _page(request, "")

    async def take(self, request: Request) -> Response:
        """200: what the secret's reader does not want is kept, as it was before if it was; 400, 503."""
        try:
            form = await request.form(max_files=0, max_fields=_FIELDS_MAX)
        except (HTTPException, ClientDisconnect):
            return _page(request, "wrong", 400)
        wanted = form.get("from")
        if wanted not in {"kind", "all"} and form.get("List-Unsubscribe") != "One-Click":
            return _page(request, "wrong", 400)
        notice_id = self._seal.open(PURPOSE, request.path_params["secret"])
        try:
            if notice_id is not None:
                transact = self._transact.of_request(getattr(request.state, "request_id", None))
                await transact(unsubscribe, notice_id=NoticeId(notice_id), from_all=wanted == "all")
                log.info("message.declined", notice_id=str(notice_id))
        except Exception as trouble:
            # The database is away or busy. Anything else is a bug, answered by the layer outside.
            if described(trouble) is None:
                raise
            return _page(request, "later", 503)
        return _page(request, "done")


def _page(request: Request, said: str, status: int = 200) -> Response:
    language = _language(request.headers.get("accept-language", ""))
    words = _WORDS[language]
    page = _SHEETS.get_template("unsubscribe.html.j2").render(
        language=language, words=words, said=words[said] if said else "", style=STYLE
    )
    return HTMLResponse(page, status, headers=page_headers("'self'") | {"vary": "accept-language"})


def _language(wished: str) -> str:
    """The first of ours in the reader's list (RFC 9110, section 12.5.4), which browsers write in order; else English."""
    tags = (each.partition(";")[0].strip().lower().partition("-")[0] for each in wished[:200].split(","))
    return next((tag for tag in tags if tag in _WORDS), "en")
