"""GraphQL over HTTP: one request in, one JSON answer out, to the letter of the GraphQL-over-HTTP specification.

Streams and the explorer's page begin here and are handed on; sizes and headers have been bounded by the outer layers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from schema.caching.kept import Kept, etag_of
from schema.execution.engine import Prepared, Rejected
from schema.transport.accept import Wanted, wanted
from schema.transport.answers import Answer
from schema.transport.bodies import Ask, BadRequest, ask_of, ask_of_query_string, read_object
from schema.transport.caller import Caller, Refused, caller_of, headers_of, request_id_of
from schema.transport.cookies import Cookies
from schema.transport.graphiql import Explorer
from schema.transport.operations import Operations
from schema.transport.shortcut import Noted, noted_in
from schema.transport.sse import Streams

Headers = list[tuple[bytes, bytes]]

WATCH_AFTER_SECONDS = 0.5
"""A query that runs longer is given up when its client leaves; quicker ones are not worth the watching."""

_FIELDS_MAX = 20
_SURROGATES_MAX = 60
_OURS = 500
_NO_STORE = (b"cache-control", b"no-store")
_BY_STATUS: dict[int, Headers] = {401: [(b"www-authenticate", b"Bearer")], 503: [(b"retry-after", b"1")]}


class ClientGone(Exception):
    """The client left while sending."""


class GraphQLOverHTTP:
    """The endpoint for `scope["type"] == "http"`. `explorer` is None where GraphiQL is not offered."""

    def __init__(
        self,
        operations: Operations,
        streams: Streams,
        explorer: Explorer | None,
        *,
        body_bytes_max: int,
        shared_seconds: int = 0,
        cookies: Cookies | None = None,
    ) -> None:
        self._cookies = cookies
        self._operations = operations
        self._streams = streams
        self._explorer = explorer
        self._body_bytes_max = body_bytes_max
        self._shared_seconds = shared_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, headers, method = request_id_of(scope), headers_of(scope), scope["method"]
        form = wanted(headers.get("accept"))
        if form is Wanted.PAGE and method == "GET" and self._explorer is not None:
            await self._explorer.page(send)
            return
        if form is Wanted.PAGE:
            rest = _without_page(headers["accept"])
            form = wanted(rest) if rest else None
        exchange = _Exchange(
            method, headers, request_id, receive, send, form or Wanted.JSON, self._shared_seconds, noted_in(scope)
        )
        answers = self._operations.answers
        if method not in {"GET", "POST"}:
            refusal = answers.of_code("METHOD_NOT_ALLOWED", "Use GET or POST.", request_id, 405)
            await exchange.refuse(refusal, [(b"allow", b"GET, POST")])
        elif form is None:
            message = "Accept application/graphql-response+json, application/json or text/event-stream."
            await exchange.refuse(answers.of_code("NOT_ACCEPTABLE", message, request_id, 406))
        else:
            await self._operate(scope, exchange)

    async def _operate(self, scope: Scope, exchange: _Exchange) -> None:
        """Run the operation asked for, with every refusal on the way told in the form that the client wants."""
        answers = self._operations.answers
        started = time.perf_counter()
        try:
            caller = caller_of(scope, exchange.headers, exchange.request_id)
            if self._cookies is not None:
                # An answer that is a stream has sent its headers before there is a session to be kept in them.
                caller = self._cookies.applied(caller, scope, exchange.headers, can_answer=exchange.form is not Wanted.STREAM)
            ask = await self._posted(exchange) if exchange.method == "POST" else _gotten(scope)
            if exchange.form is not Wanted.STREAM:
                remembered = await self._operations.remembered(ask, caller, "http")
                if remembered is not None:
                    await exchange.respond(remembered)
                    return
            prepared = await self._operations.prepare(ask, caller)
        except ClientGone:
            return
        except BadRequest as failure:
            answer = answers.of_failure(failure, exchange.request_id)
            await exchange.refuse(answer)
        except (Refused, Rejected) as failure:
            answer = (
                answers.of_errors(failure.errors, exchange.request_id)
                if isinstance(failure, Rejected)
                else answers.of_failure(failure, exchange.request_id)
            )
            if exchange.form is Wanted.STREAM:
                await self._streams.tell(answer, exchange.send)
            else:
                await exchange.respond(answer)
        else:
            await self._run(prepared, ask, caller, exchange)
            return
        self._operations.told("sse" if exchange.form is Wanted.STREAM else "http", None, answer.code, started)

    async def _run(self, prepared: Prepared, ask: Ask, caller: Caller, exchange: _Exchange) -> None:
        answers = self._operations.answers
        if prepared.kind is OperationType.MUTATION and exchange.method == "GET":
            refusal = answers.of_code("METHOD_NOT_ALLOWED", "Mutations need POST.", caller.request_id, 405)
            await exchange.refuse(refusal, [(b"allow", b"POST")])
        elif exchange.form is Wanted.STREAM:
            await self._streams.run(prepared, ask, caller, exchange.receive, exchange.send)
        elif prepared.kind is OperationType.SUBSCRIPTION:
            message = "Subscriptions need a WebSocket (graphql-transport-ws) or Accept: text/event-stream."
            await exchange.refuse(answers.of_code("SUBSCRIPTION_NEEDS_STREAM", message, caller.request_id, 400))
        else:
            answer = await self._watched(prepared, ask, caller, exchange.receive)
            if answer is not None:
                await exchange.respond(answer, caller.jar.headers if caller.jar is not None else ())

    async def _watched(self, prepared: Prepared, ask: Ask, caller: Caller, receive: Receive) -> Answer | None:
        """The answer; None when a query's client left before it was there. Mutations are always finished."""
        if prepared.kind is OperationType.MUTATION:
            return await self._operations.run(prepared, ask, caller, "http")
        watch = _Watch(receive)
        try:
            return await self._operations.run(prepared, ask, caller, "http")
        except asyncio.CancelledError:
            if watch.client_left:
                watch.forgive()
                return None
            raise
        finally:
            watch.stop()

    async def _posted(self, exchange: _Exchange) -> Ask:
        """The request in the body of a POST; only JSON is taken, so that no form on another site can send one."""
        kind, *parameters = (part.strip().lower() for part in exchange.headers.get("content-type", "").split(";"))
        charsets = {part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")}
        if kind != "application/json" or not charsets <= {"utf-8", "utf8"}:
            raise BadRequest("The Content-Type must be application/json in UTF-8.", code="UNSUPPORTED_MEDIA_TYPE", status=415)
        return ask_of(read_object(await _body(exchange.receive, self._body_bytes_max)))


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request and the way to answer it."""

    method: str
    headers: Mapping[str, str]
    request_id: str
    receive: Receive
    send: Send
    form: Wanted
    shared_seconds: int
    """How long caches in between may use an answer that is everybody's without asking."""
    noted: Noted | None
    """Where to note that what is sent is a kept answer."""

    async def respond(self, answer: Answer, cookies: Sequence[str] = ()) -> None:
        """Answer a well-formed request; a good answer to a GET may be kept by the client, and asked for again by its tag.

        By the specification `application/json` answers such a request with 200 whatever came of it. But for 5xx: a proxy
        or a monitor must see that it is us.
        """
        if self.noted is not None and not cookies:
            self.noted.kept = answer.kept
        status = answer.status if self.form is not Wanted.JSON or answer.status >= _OURS else 200
        cached = _cache_headers(answer, self.shared_seconds) if self.method == "GET" and answer.code is None else []
        if cached and _matches(self.headers.get("if-none-match"), cached[0][1]):
            await self.send({"type": "http.response.start", "status": 304, "headers": cached})
            await self.send({"type": "http.response.body", "body": b""})
        else:
            await self._write(answer, status, [*(cached or [_NO_STORE]), *((b"set-cookie", each.encode()) for each in cookies)])

    async def refuse(self, answer: Answer, headers: Headers | None = None) -> None:
        """Answer a request that is not well-formed GraphQL over HTTP: with its own status, whatever the form."""
        await self._write(answer, answer.status, [*(headers or []), _NO_STORE])

    async def _write(self, answer: Answer, status: int, headers: Headers) -> None:
        kind = Wanted.RESPONSE if self.form is Wanted.RESPONSE else Wanted.JSON
        all_headers = [
            (b"content-type", kind.value.encode() + b"; charset=utf-8"),
            (b"content-length", str(len(answer.body)).encode()),
            *headers,
            *_BY_STATUS.get(status, ()),
        ]
        if answer.retry_after is not None:
            all_headers.append((b"retry-after", str(answer.retry_after).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": all_headers})
        await self.send({"type": "http.response.body", "body": answer.body})


class _Watch:
    """Cancels the task that made it when the client leaves, from half a second on."""

    def __init__(self, receive: Receive) -> None:
        self.client_left = False
        self._receive = receive
        self._running = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._begin)

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        if self._running is not None:
            self._running.cancel()

    def forgive(self) -> None:
        """Undo the cancelling, once it has done its work: the task itself goes on."""
        if self._running is not None:
            self._running.uncancel()

    def stop(self) -> None:
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()


async def _body(receive: Receive, bytes_max: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            raise BadRequest(f"The body is larger than {bytes_max} bytes.", code="BODY_TOO_LARGE", status=413)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _gotten(scope: Scope) -> Ask:
    try:
        text = scope["query_string"].decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise BadRequest("The query string is malformed.") from None
    parameters = dict(reversed(pairs))
    return ask_of_query_string({name: value for name, value in parameters.items() if value})


def _cache_headers(answer: Answer, shared_seconds: int) -> Headers:
    kept = answer.kept
    headers = [
        (b"etag", etag_of(answer.body) if kept is None else kept.etag),
        (b"cache-control", b"private, no-cache" if kept is None else b"public, max-age=0, s-maxage=%d" % shared_seconds),
        (b"vary", b"Accept, Authorization, Cookie, X-Session, Accept-Language, X-Channel, X-Currency, X-Country"),
    ]
    if kept is not None:
        headers.append((b"surrogate-key", _surrogate_keys(kept)))
    return headers


def _surrogate_keys(kept: Kept) -> bytes:
    """What a cache in between may be told to drop the answer by; of very many only what is no single thing."""
    tags = sorted(kept.tags) if len(kept.tags) <= _SURROGATES_MAX else sorted(tag for tag in kept.tags if ":" not in tag)
    return " ".join(tags).encode()


def _matches(if_none_match: str | None, tag: bytes) -> bool:
    if not if_none_match:
        return False
    known = tag.decode()
    return any(part.strip().removeprefix("W/") in {known, "*"} for part in if_none_match.split(","))


def _without_page(accept: str) -> str:
    return ",".join(part for part in accept.split(",") if part.split(";")[0].strip().lower() != Wanted.PAGE.value)
