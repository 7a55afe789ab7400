"""A sign-in provider on a real port that speaks the protocol and keeps to it: discovery, authorize, token, userinfo, keys that rotate.

It is as strict as the real ones (clients, redirect addresses, PKCE, codes once) and lies only where a test says so. Beside OpenID
Connect it has the doors of a GitHub and of a Facebook.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.gateways.receiver import QuietServer

CLIENT_ID, CLIENT_SECRET = "the-shop", "a secret between the two"
BACK = "https://shop.example/back"
ADA = {"sub": "ada-1", "email": "ada@mail.example", "email_verified": True, "given_name": "Ada", "family_name": "Byron"}


@dataclass
class _Code:
    """An authorization code, and what it was given out for."""

    person: dict[str, Any]
    redirect_uri: str
    challenge: str
    nonce: str | None
    is_used: bool = False


@dataclass
class FakeIssuer:
    """`person` is who is logged in there; `lies` replaces claims of id_tokens (None leaves one out), `signs` how they are signed."""

    url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    person: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    lies: dict[str, Any] = field(default_factory=dict)
    signs: str = "RS256"
    document: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    stalls: asyncio.Event | None = None
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    packs: bool = False
    tells_email_in_token: bool = True
    asked: list[str] = field(default_factory=list)
    emails: list[dict[str, Any]] | None = None
    _codes: dict[str, _Code] = field(default_factory=dict)
    _tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    _kids: int = 0

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """Another key, and the one before is not shown any more."""
        self._kids += 1
        self._kid = f"key-{self._kids}"
        self._key = _key(self._kids)

    def routes(self) -> list[Route]:
        """All doors."""
        return [
            Route("/.well-known/openid-configuration", self._door(self._discovery)),
            Route("/jwks", self._door(self._jwks)),
            Route("/authorize", self._authorize),
            Route("/token", self._door(self._token), methods=["POST"]),
            Route("/userinfo", self._door(self._userinfo)),
            Route("/login/oauth/authorize", self._authorize),
            Route("/login/oauth/access_token", self._door(self._github_token), methods=["POST"]),
            Route("/user", self._door(self._github_user)),
            Route("/user/emails", self._door(self._github_emails)),
            Route("/dialog/oauth", self._authorize),
            Route("/oauth/access_token", self._door(self._token), methods=["POST"]),
            Route("/me", self._door(self._facebook_me)),
        ]

    def _door(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def opened(request: Request) -> Response:
            self.asked.append(request.url.path)
            if self.stalls is not None:
                self.stalled.set()
                await self.stalls.wait()
            if self.status != 200:
                return Response("down for the weekend", self.status)
            response: Response = await answer(request)
            if self.packs:
                return Response(gzip.compress(bytes(response.body)), headers={"content-encoding": "gzip"})
            return response

        return opened

    async def _discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                "code_challenge_methods_supported": ["S256"],
                **self.document,
            }
        )

    async def _jwks(self, _request: Request) -> Response:
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._kid, "n": _number(numbers.n), "e": _number(numbers.e)}
        return JSONResponse({"keys": [key]})

    async def _authorize(self, request: Request) -> Response:
        """Somebody is logged in there already and agrees. Whatever is wrong with the request is not sent back anywhere."""
        asked = request.query_params
        problem = (
            (asked.get("client_id") != CLIENT_ID and "no such client")
            or (asked.get("redirect_uri") != BACK and "a redirect address that was not registered")
            or (asked.get("response_type") != "code" and "only codes here")
            or (asked.get("code_challenge_method") != "S256" and "PKCE is required")
            or (not asked.get("state") and "no state")
        )
        if problem:
            return Response(problem, 400)
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(dict(self.person), BACK, asked["code_challenge"], asked.get("nonce"))
        return RedirectResponse(f"{BACK}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def _granted(self, request: Request) -> dict[str, Any] | str:
        """The tokens for a code, or the error of RFC 6749 section 5.2."""
        form = await request.form()
        if not self._knows(request, form.get("client_id"), form.get("client_secret")):
            return "invalid_client"
        if form.get("grant_type") != "authorization_code":
            return "unsupported_grant_type"
        code = self._codes.get(str(form.get("code")))
        if code is None or code.is_used or code.redirect_uri != form.get("redirect_uri"):
            return "invalid_grant"
        code.is_used = True
        hashed = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        if _text(hashed) != code.challenge:
            return "invalid_grant"
        token = secrets.token_urlsafe(24)
        self._tokens[token] = code.person
        return {"access_token": token, "token_type": "Bearer", "expires_in": 60, "id_token": self._id_token(code)}

    async def _token(self, request: Request) -> Response:
        granted = await self._granted(request)
        return JSONResponse(
            {"error": granted} if isinstance(granted, str) else granted, 400 if isinstance(granted, str) else 200
        )

    def _knows(self, request: Request, client_id: object, client_secret: object) -> bool:
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            return base64.b64decode(basic) == f"{CLIENT_ID}:{CLIENT_SECRET}".encode()
        return (client_id, client_secret) == (CLIENT_ID, CLIENT_SECRET)

    def _id_token(self, code: _Code) -> str:
        now = self.clock()
        told = {name: value for name, value in code.person.items() if name == "sub" or self.tells_email_in_token}
        times = {"iat": int(now.timestamp()), "exp": int((now + timedelta(minutes=5)).timestamp())}
        claims = {"iss": self.url, "aud": CLIENT_ID, "nonce": code.nonce, **times, **told, **self.lies}
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self._kid}
        if self.signs == "none":
            return jwt.encode(claims, "", algorithm="none", headers=headers)
        if self.signs == "HS256":
            header, payload = ({"alg": "HS256", "typ": "JWT", **headers}, claims)
            signed = ".".join(_text(json.dumps(each).encode()) for each in (header, payload))
            public = self._key.public_key().public_numbers().n.to_bytes(256, "big")
            return f"{signed}.{_text(hmac.digest(public, signed.encode(), 'sha256'))}"
        if self.signs == "another key":
            return jwt.encode(claims, _key(0), algorithm="RS256", headers=headers)
        if self.signs == "an unknown kid":
            return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": secrets.token_hex(4)})
        return jwt.encode(claims, self._key, algorithm="RS256", headers=headers)

    def _whose(self, request: Request) -> dict[str, Any] | None:
        return self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _userinfo(self, request: Request) -> Response:
        person = self._whose(request)
        return JSONResponse(person) if person is not None else JSONResponse({"error": "invalid_token"}, 401)

    async def _github_token(self, request: Request) -> Response:
        """GitHub tells errors with status 200, and answers JSON only to who asks for it."""
        granted = await self._granted(request)
        answer = {"error": "bad_verification_code"} if isinstance(granted, str) else {**granted, "id_token": ""}
        if "application/json" not in request.headers.get("accept", ""):
            return Response(urlencode(answer), media_type="application/x-www-form-urlencoded")
        return JSONResponse(answer)

    async def _github_user(self, request: Request) -> Response:
        person = self._whose(request)
        if person is None or not request.headers.get("user-agent"):
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse({"id": crc32(person["sub"].encode()), "login": "ada", "name": "Ada King Byron", "email": None})

    async def _github_emails(self, request: Request) -> Response:
        person = self._whose(request)
        if person is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        mine = {"email": person["email"], "primary": True, "verified": person["email_verified"]}
        return JSONResponse(self.emails or [{"email": "old@mail.example", "primary": False, "verified": True}, mine])

    async def _facebook_me(self, request: Request) -> Response:
        person, token = self._whose(request), request.headers.get("authorization", "").removeprefix("Bearer ")
        proof = hmac.new(CLIENT_SECRET.encode(), token.encode(), "sha256").hexdigest()
        if person is None or request.query_params.get("appsecret_proof") != proof:
            return JSONResponse({"error": {"message": "Invalid appsecret_proof", "code": 100}}, 400)
        told = {"id": f"fb-{person['sub']}", "first_name": "Ada", "last_name": "Byron", "email": person["email"]}
        wanted = request.query_params["fields"].split(",")
        return JSONResponse({name: value for name, value in told.items() if name in wanted})


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    """Keys take a while to make, so the fakes of one run share theirs."""
    del number
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@contextlib.asynccontextmanager
async def issuing() -> AsyncIterator[FakeIssuer]:
    """A provider on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = FakeIssuer(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = QuietServer(
            uvicorn.Config(Starlette(routes=list(issuer.routes())), log_level="critical", lifespan="off", ws="none")
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield issuer
        finally:
            if issuer.stalls is not None:
                issuer.stalls.set()
            server.should_exit = True
            await serving
