"""Printed invoices over HTTP: `GET /invoices/{secret}.pdf`, for whoever was given the link, while it is good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.invoices.provider import Links
from persistence.engine import Database
from persistence.invoices.reads import print_of
from persistence.reader import Reader

PATH = "/invoices/{secret}.pdf"
_HEADERS = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class Invoices:
    """Hands out papers. A link that is wrong, too old or ahead of the printer is not found, all alike."""

    def __init__(self, *, database: Database, links: Links, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._links = links
        self._clock = clock

    async def show(self, request: Request) -> Response:
        invoice_id = self._links.open(request.path_params["secret"], now=self._clock())
        reader = Reader(self._database)
        try:
            found = await print_of(reader, invoice_id) if invoice_id is not None else None
        finally:
            await reader.close()
        if found is None:
            error = {"message": "There is no such invoice, or the link is too old.", "extensions": {"code": "NOT_FOUND"}}
            return JSONResponse({"errors": [error]}, status_code=404)
        name = quote(f"{found.label}.pdf", safe="")
        headers = _HEADERS | {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        return Response(found.content, media_type="application/pdf", headers=headers)
