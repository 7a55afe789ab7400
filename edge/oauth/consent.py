"""The page on which a person lets an app do something for them: who asks, for what, and the log-in that says yes.

Nothing is remembered between the page and its answer but what is sealed into the form; no script runs on it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.errors import OAuth2Error
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.access.model import Device, Throttled
from domain.access.provider import AccessPorts, Busy
from domain.apps import actions, flows
from domain.apps.model import Client, FactorMissing, Wish
from domain.error import UserError
from domain.factors.model import Challenged, CodeGiven, Given, Method, RecoveryCodeGiven
from domain.factors.provider import FactorPorts
from domain.factors.rules import recovery_code_hash
from edge.oauth.asking import Request as Asked
from edge.oauth.endpoints import AUTHORIZE, BadForm, answering, fields_of, form_of
from edge.oauth.page import consent_page, problem_page
from edge.oauth.protocol import Lifetimes, Protocol, asked_of
from edge.oauth.tokens import Signer
from persistence.unit import Transactions

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_BUSY = "The shop is very busy. Please try again in a moment."
_NO_APP = (
    "Your account asks for a passkey, which this page cannot: no script runs on it. Show one of your recovery codes, "
    "or add an authenticator app in the shop and start again."
)
_AGAIN = "This page is too old, or was not opened by you. Please start again from the app."


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A request for consent that was checked: what, by whom, and where the answer goes."""

    client: Client
    wish: Wish
    state: str | None
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """The authorization endpoint (RFC 6749 section 3.1). `secret_keys`: the first seals forms, all are accepted."""

    issuer: str
    shop_name: str
    transact: Transactions
    access: AccessPorts
    factors: FactorPorts
    secret_keys: tuple[bytes, ...] = field(repr=False)
    clock: Callable[[], datetime]

    def routes(self) -> Sequence[BaseRoute]:
        """The page, and its answer."""
        return (Route(AUTHORIZE, self.ask, methods=["GET"]), Route(AUTHORIZE, self.hear, methods=["POST"]))

    async def ask(self, request: Request) -> Response:
        """Shows who asks for what; whoever asks wrongly is told so, at their own address if it is known to be theirs."""
        return await answering(self._ask(request))

    async def _ask(self, request: Request) -> Response:
        query = request.scope["query_string"].decode("latin-1")
        wanted = await self._wanted(request, query)
        if isinstance(wanted, Response):
            return wanted
        if "none" in wanted.prompt.split():
            return self._back(wanted, {"error": "login_required"}, status=302)
        return self._page(request, wanted, query)

    async def hear(self, request: Request) -> Response:
        """Takes the person's answer: a code for the app, or no."""
        return await answering(self._hear(request))

    async def _hear(self, request: Request) -> Response:
        said = dict(await form_of(request))
        query = said.get("request", "")
        if not self._is_own(request, said.get("token", ""), query):
            return problem_page(_AGAIN, status=403)
        wanted = await self._wanted(request, query)
        if isinstance(wanted, Response):
            return wanted
        if said.get("answer") != "allow":
            return self._back(wanted, {"error": "access_denied"}, status=303)
        return await self._answered(request, wanted, query, said)

    async def _answered(self, request: Request, wanted: _Wanted, query: str, said: Mapping[str, str]) -> Response:
        """What became of a yes: back to the app with a code, or the page again with what is missing."""
        status, problem, challenge, wait = 200, None, None, None
        try:
            outcome = await self._agreed(request, wanted.wish, said)
        except Busy:
            return self._page(request, wanted, query, problem=_BUSY, status=503)
        match outcome:
            case str():
                return self._back(wanted, {"code": outcome}, status=303)
            case Challenged():
                challenge = outcome.secret
                problem = None if Method.TOTP in outcome.methods else _NO_APP
            case Throttled():
                status, wait = 429, outcome.retry_after
                problem = f"Too many attempts. Please try again in {wait} seconds."
            case FactorMissing():
                status, problem = 403, "Your role asks for a second factor. Set one up in the shop first."
            case failure:
                status, problem, challenge = 400, failure.message, said.get("challenge")
        page = self._page(request, wanted, query, problem=problem, challenge=challenge, status=status)
        if wait is not None:
            page.headers["retry-after"] = str(wait)
        return page

    async def _agreed(
        self, request: Request, wish: Wish, said: Mapping[str, str]
    ) -> str | Challenged | FactorMissing | UserError | Throttled:
        transact, now = self._transact(request), self.clock()
        address = request.client.host if request.client is not None else None
        device = Device(agent=request.headers.get("user-agent", ""), address=address)
        if challenge := said.get("challenge"):
            return await flows.agree_with_code(
                transact,
                self.access,
                self.factors,
                wish=wish,
                challenge=challenge,
                given=_given(said.get("code", "")),
                device=device,
                now=now,
            )
        return await flows.agree(
            transact,
            self.access,
            self.factors,
            wish=wish,
            email=said.get("email", ""),
            password=said.get("password", ""),
            device=device,
            now=now,
        )

    async def _wanted(self, request: Request, query: str) -> _Wanted | Response:
        try:
            asked = Asked("GET", AUTHORIZE, fields_of(query.encode("latin-1")))
        except (BadForm, UnicodeEncodeError) as bad:
            return problem_page(f"The app asked in a way that is not understood. {bad}", status=400)
        data = asked.payload.data
        facts = await self._transact(request)(actions.look_up, client_id=data.get("client_id"))
        protocol = Protocol(facts, signer=Signer(self.issuer, None), lifetimes=Lifetimes(access=0, refresh=0), now=self.clock())
        grant = asked_of(protocol, asked)
        if isinstance(grant, OAuth2Error):
            return self._refused(grant, data.get("state"))
        if facts.client is None:
            return problem_page("There is no such app.", status=400)
        wish = Wish(
            app_id=facts.client.id,
            redirect_uri=grant.redirect_uri,
            scopes=tuple(asked.scope.split()),
            nonce=data.get("nonce"),
            challenge=data["code_challenge"],
        )
        return _Wanted(facts.client, wish, data.get("state"), data.get("prompt", ""))

    def _refused(self, error: OAuth2Error, state: str | None) -> Response:
        if error.redirect_uri is None:
            return problem_page("The app asked in a way that is not allowed: " + (error.description or error.error), status=400)
        told = {"error": error.error, "error_description": error.description, "state": state, "iss": self.issuer}
        return _redirect(error.redirect_uri, told, status=302)

    def _back(self, wanted: _Wanted, told: Mapping[str, str], *, status: int) -> Response:
        """To the app, with who we are (RFC 9207)."""
        return _redirect(wanted.wish.redirect_uri, {**told, "state": wanted.state, "iss": self.issuer}, status=status)

    def _page(
        self,
        request: Request,
        wanted: _Wanted,
        query: str,
        *,
        problem: str | None = None,
        challenge: str | None = None,
        status: int = 200,
    ) -> Response:
        known = request.cookies.get(self._cookie, "")
        nonce = known if _COOKIE.match(known) else secrets.token_urlsafe(32)
        page = consent_page(
            shop=self.shop_name,
            app=wanted.client.name,
            wish=wanted.wish,
            query=query,
            token=_sealed(self.secret_keys[0], nonce, query),
            problem=problem,
            challenge=challenge,
            status=status,
        )
        page.set_cookie(self._cookie, nonce, path="/", secure=self._is_secure, httponly=True, samesite="strict")
        return page

    @property
    def _is_secure(self) -> bool:
        return self.issuer.startswith("https://")

    @property
    def _cookie(self) -> str:
        """`__Host-` keeps it to this very host; browsers take that over TLS only."""
        return "__Host-consent" if self._is_secure else "consent"

    def _is_own(self, request: Request, token: str, query: str) -> bool:
        """Whether the form is one that this browser was given for this request: by cookie, seal and origin."""
        nonce = request.cookies.get(self._cookie, "")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc not in {request.headers.get("host"), urlsplit(self.issuer).netloc}:
            return False
        if not _COOKIE.match(nonce) or not token.isascii():
            return False
        return any(hmac.compare_digest(token, _sealed(key, nonce, query)) for key in self.secret_keys)

    def _transact(self, request: Request) -> Transactions:
        return self.transact.of_request(getattr(request.state, "request_id", None))


def _given(typed: str) -> Given:
    """What was typed into the one field for both: six digits of an app, or a recovery code."""
    return CodeGiven(code=typed) if recovery_code_hash(typed) is None else RecoveryCodeGiven(code=typed)


def _sealed(key: bytes, nonce: str, query: str) -> str:
    return hmac.new(key, f"consent\x00{nonce}\x00{query}".encode(), "sha256").hexdigest()


def _redirect(uri: str, told: Mapping[str, str | None], *, status: int) -> Response:
    location = add_params_to_uri(uri, [(name, value) for name, value in told.items() if value])
    return RedirectResponse(location, status, headers={"cache-control": "no-store"})
