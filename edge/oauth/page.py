"""What people see at the authorization endpoint: two pages without scripts, that nobody can put into a frame."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from domain.access.model import EMAIL_LENGTH_MAX, PASSWORD_LENGTH_MAX
from domain.apps import scopes
from domain.apps.model import Wish

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "pages"), autoescape=True, undefined=StrictUndefined
)
STYLE = (Path(__file__).resolve().parent / "pages" / "style.css").read_text()
_HASH_OF_STYLE = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def consent_page(
    *, shop: str, app: str, wish: Wish, query: str, token: str, problem: str | None, challenge: str | None, status: int
) -> HTMLResponse:
    """Who asks for what, and the log-in; with a challenge the one-time code instead."""
    page = _PAGES.get_template("consent.html.j2").render(
        style=STYLE,
        shop=shop,
        app=app,
        wishes=[scopes.said(each) for each in wish.scopes],
        goes_to=_origin(wish.redirect_uri),
        query=query,
        token=token,
        problem=problem,
        challenge=challenge,
        email_max=EMAIL_LENGTH_MAX,
        password_max=PASSWORD_LENGTH_MAX,
    )
    return HTMLResponse(page, status, headers=page_headers(f"'self' {_source(wish.redirect_uri)}"))


def problem_page(problem: str, *, status: int) -> HTMLResponse:
    """What went wrong, for who cannot be sent back to the app."""
    page = _PAGES.get_template("problem.html.j2").render(style=STYLE, problem=problem)
    return HTMLResponse(page, status, headers=page_headers("'none'"))


def page_headers(form_action: str) -> dict[str, str]:
    """What keeps a page in `STYLE` from running, loading or being framed by anything; forms go where `form_action` says."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_HASH_OF_STYLE}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {"content-security-policy": policy, "x-frame-options": "DENY", "cache-control": "no-store"}


def _origin(uri: str) -> str:
    """Where the person goes on, as they know it."""
    parts = urlsplit(uri)
    return parts.netloc or f"the app on this device ({parts.scheme})"


def _source(uri: str) -> str:
    """The redirect's place as a policy's source: browsers hold the answer to a form to the same rule."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
