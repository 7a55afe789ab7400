"""How other sign-in providers are called: Authlib's client over a transport that bounds what is read, with deadlines, no redirects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 6.0
"""For everything that is asked of a provider at one step; less than a request may take."""
ANSWER_MAX = 512 * 1024


class NoAnswer(Exception):
    """The provider did not answer in time, or not like one. Its text is for the log."""


class SaidNo(Exception):
    """The provider refused, or what it said does not verify. Its text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What we are called at a provider."""

    client_id: str
    client_secret: str
    scope: str


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Reads whole answers of plain JSON's size and no more; one that is packed could unpack to anything."""

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=50, max_keepalive_connections=10)
        self._inner = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request; `httpx2.DecodingError` for an answer that is too long or packed."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise httpx2.DecodingError("a packed answer", request=request)
            read = bytearray()
            async for part in _parts(response):
                read += part
                if len(read) > ANSWER_MAX:
                    raise httpx2.DecodingError(f"over {ANSWER_MAX} bytes", request=request)
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"transfer-encoding"]
        return httpx2.Response(response.status_code, headers=headers, content=bytes(read), request=request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._inner.aclose()


async def _parts(response: httpx2.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    async for part in response.stream:
        yield part


class Exchange:
    """Authlib's OAuth 2 client for one provider. `post_secret`: it wants the secret in the body instead of a header."""

    def __init__(self, client: Client, transport: httpx2.AsyncBaseTransport, *, post_secret: bool = False) -> None:
        self._oauth = AsyncOAuth2Client(
            client_id=client.client_id,
            client_secret=client.client_secret,
            scope=client.scope,
            token_endpoint_auth_method="client_secret_post" if post_secret else "client_secret_basic",
            code_challenge_method="S256",
            transport=transport,
            timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def authorization_url(self, endpoint: str, *, state: str, verifier: str, redirect_url: str, **more: str) -> str:
        """Where to send a browser; the verifier goes as its S256 challenge (RFC 7636 section 4.3)."""
        made = self._oauth.create_authorization_url(
            endpoint, state=state, code_verifier=verifier, redirect_uri=redirect_url, **more
        )
        return str(made[0])

    async def tokens(self, endpoint: str, *, code: str, verifier: str, redirect_url: str) -> Mapping[str, Any]:
        """What the code is exchanged for. Raises `NoAnswer` and `SaidNo`."""
        with _translated():
            answered = await self._oauth.fetch_token(
                endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_url,
                headers={"accept": "application/json", "content-type": "application/x-www-form-urlencoded"},
            )
            if not isinstance(answered.get("access_token"), str):
                raise SaidNo("no access token")
            return dict(answered)

    async def json(self, url: str, *, access_token: str | None = None, params: Mapping[str, str] | None = None) -> Any:
        """What is answered there, as JSON. Raises `NoAnswer` and `SaidNo`."""
        headers = {"accept": "application/json", "user-agent": "vitrine"}
        if access_token is not None:
            headers["authorization"] = f"Bearer {access_token}"
        with _translated():
            answered = await self._oauth.request("GET", url, withhold_token=True, headers=headers, params=params)
            if answered.status_code in {400, 401, 403}:
                raise SaidNo(f"{answered.status_code} where something is told")
            if answered.status_code != 200:
                raise NoAnswer(f"{answered.status_code} where something is told")
            return answered.json()


class _translated:  # noqa: N801 - read as a verb in `with`
    """Turns what the client raises into `NoAnswer` and `SaidNo`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        match error:
            case OAuthError():
                raise SaidNo(f"refused: {str(error.error)[:100]}") from error
            case httpx2.HTTPError():
                raise NoAnswer(type(error).__name__) from error
            case ValueError():
                raise NoAnswer("an answer that cannot be read") from error


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """A deadline around all that is asked at one step. Raises `NoAnswer`."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            yield
    except TimeoutError:
        raise NoAnswer("no answer in time") from None
