"""The sandbox's JSON API: create, get, list, capture, refund, cancel, the ledger's sums and the delivery log.

Every POST needs an Idempotency-Key, whose answer is kept in the same transaction as the deed: the same key and body are
answered as before, another body is a 409.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateways.payments.sandbox_service import desk as desks
from gateways.payments.sandbox_service import events, ledger, requests
from gateways.payments.sandbox_service.desk import Desk
from gateways.payments.sandbox_service.scenarios import Answers, read_token
from gateways.payments.sandbox_service.states import Move, Payment, Refusal, Status
from gateways.payments.strict_json import moment_of

Handler = Callable[[Request], Awaitable[Response]]
PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and the JSON text that goes with it; `fresh` when it was not kept from an earlier request."""

    status: int
    body: str
    fresh: bool = True

    def response(self) -> Response:
        return Response(self.body, self.status, media_type="application/json")


def routes(api_key: str) -> list[Route]:
    """The routes below /v1; each asks for the key."""

    def guarded(path: str, method: str, handler: Handler) -> Route:
        return Route(path, _guarded(api_key, handler), methods=[method])

    return [
        guarded("/payments", "POST", _create),
        guarded("/payments", "GET", _list),
        guarded("/payments/{id}", "GET", _get),
        guarded("/payments/{id}/capture", "POST", _by_hand(Move.CAPTURE)),
        guarded("/payments/{id}/refund", "POST", _by_hand(Move.REFUND)),
        guarded("/payments/{id}/cancel", "POST", _by_hand(Move.CANCEL)),
        guarded("/ledger", "GET", _sums),
        guarded("/events", "GET", _events),
        guarded("/events/{id}/redeliver", "POST", _redeliver),
    ]


def _guarded(api_key: str, handler: Handler) -> Handler:
    expected = f"Bearer {api_key}".encode()

    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not api_key or not secrets.compare_digest(given, expected):
            return _error(401, "unauthorized", "the API key is missing or wrong").response()
        try:
            return await handler(request)
        except requests.Bad as bad:
            return _error(400, "bad_request", str(bad)).response()
        except requests.TooLarge:
            return _error(413, "too_large", "the body is over 64 KB").response()

    return guarded


async def _create(request: Request) -> Response:
    desk = _desk(request)
    body = await requests.read_body(request)
    key, order = requests.key_of(request), requests.order_of(body)
    told = read_token(order.method)
    if told is None:
        return _error(400, "unknown_method", "the index page lists the method tokens").response()
    if told.scenario.answers is Answers.WITH_500_BEFORE:
        return _error(500, "server_error", "as the token asked").response()

    def work(connection: sqlite3.Connection) -> Reply:
        payment = desks.open_payment(connection, desk, order, told)
        if payment.status is not Status.FAILED:
            return Reply(201, json.dumps(desk.shown(payment)))
        error = {"code": payment.failure_code, "message": payment.failure_message}
        return Reply(402, json.dumps({"error": error, "payment": desk.shown(payment)}))

    reply = await _once(desk, key, requests.fingerprint(request, body), work)
    return await _spoilt(request, reply, told.scenario.answers) if reply.fresh else reply.response()


async def _spoilt(request: Request, reply: Reply, answers: Answers) -> Response:
    """The answer as the scenario lets it arrive; what was done is done in any case."""
    match answers:
        case Answers.NOT_IN_TIME:
            await _until_gone(request, _desk(request).timing.hang)
            return reply.response()
        case Answers.BROKEN_OFF:
            return BrokenOff(reply.body, reply.status, media_type="application/json")
        case Answers.WITH_500_AFTER:
            return _error(500, "server_error", "as the token asked").response()
        case Answers.PLAINLY | Answers.WITH_500_BEFORE:
            return reply.response()


def _by_hand(move: Move) -> Handler:
    """The handler of a move that a merchant makes on a payment."""

    async def handler(request: Request) -> Response:
        desk = _desk(request)
        body = await requests.read_body(request)
        key = requests.key_of(request)

        def work(connection: sqlite3.Connection) -> Reply:
            payment = ledger.payment_by_id(connection, request.path_params["id"])
            if payment is None:
                return _error(404, "not_found", "there is no such payment")
            amount = 0 if move is Move.CANCEL else requests.amount_of(body, currency=payment.currency)
            outcome = desks.move_by_hand(connection, desk, payment, move, amount=amount)
            match outcome:
                case Payment():
                    return Reply(200, json.dumps(desk.shown(outcome)))
                case Refusal():
                    return _error(422, outcome.code, outcome.message)

        return (await _once(desk, key, requests.fingerprint(request, body), work)).response()

    return handler


async def _once(desk: Desk, key: str, fingerprint: bytes, work: Callable[[sqlite3.Connection], Reply]) -> Reply:
    """The work's reply, or the one that the key got before. The ledger's single thread lets twins wait for each other."""

    def unless_kept(connection: sqlite3.Connection) -> Reply:
        kept = connection.execute("SELECT fingerprint, status, body FROM answers WHERE key = ?", (key,)).fetchone()
        if kept is not None and kept[0] != fingerprint:
            return _error(409, "key_reused", "this Idempotency-Key was used for another request")
        if kept is not None:
            return Reply(kept[1], kept[2], fresh=False)
        reply = work(connection)
        connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (key, fingerprint, reply.status, reply.body))
        return reply

    reply = await desk.ledger.transact(unless_kept)
    desk.stirred.set()
    return reply


async def _get(request: Request) -> Response:
    desk = _desk(request)
    payment = await desk.ledger.transact(lambda connection: ledger.payment_by_id(connection, request.path_params["id"]))
    if payment is None:
        return _error(404, "not_found", "there is no such payment").response()
    return JSONResponse(desk.shown(payment))


async def _list(request: Request) -> Response:
    """By merchant reference, or all that changed since a time in pages: `cursor` of one answer asks for the next page."""
    desk = _desk(request)
    reference = request.query_params.get("merchant_reference")
    if reference is not None:
        found = await desk.ledger.transact(lambda connection: ledger.payments_by_reference(connection, reference))
        return JSONResponse({"data": [desk.shown(payment) for payment in found], "next_cursor": None})
    after = _after(request)
    found = await desk.ledger.transact(lambda connection: ledger.payments_changed(connection, after=after, limit=PAGE_MAX))
    cursor = f"{found[-1].updated_ms}.{found[-1].id}" if len(found) == PAGE_MAX else None
    return JSONResponse({"data": [desk.shown(payment) for payment in found], "next_cursor": cursor})


def _after(request: Request) -> tuple[int, str]:
    """Behind which change the page begins. An empty id sorts before all, so that `since` itself is included."""
    try:
        if "cursor" in request.query_params:
            at_ms, _, payment_id = request.query_params["cursor"].partition(".")
            return int(at_ms[:15]), payment_id
        return int(moment_of(request.query_params["since"]).timestamp() * 1000), ""
    except (KeyError, ValueError) as error:
        raise requests.Bad("give merchant_reference, since (RFC 3339) or cursor") from error


async def _sums(request: Request) -> Response:
    reference = request.query_params.get("merchant_reference")
    return JSONResponse({"data": await _desk(request).ledger.transact(lambda connection: ledger.sums(connection, reference))})


async def _events(request: Request) -> Response:
    reference = request.query_params.get("merchant_reference")
    log = await _desk(request).ledger.transact(
        lambda connection: events.event_log(connection, reference=reference, limit=PAGE_MAX)
    )
    return JSONResponse({"data": log})


async def _redeliver(request: Request) -> Response:
    desk = _desk(request)
    event_id, at_ms = request.path_params["id"], desks.now_ms()
    found = await desk.ledger.transact(lambda connection: events.make_due(connection, event_id, at_ms=at_ms))
    desk.stirred.set()
    return JSONResponse({"id": event_id}, 202) if found else _error(404, "not_found", "there is no such event").response()


class BrokenOff(Response):
    """An answer whose connection breaks in the middle: it promises the whole body and sends half."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


async def _until_gone(request: Request, seconds: float) -> None:
    """Wait for the client to give up, or for the time to pass. The body is read by now: what comes next is the end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await request.receive()


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, json.dumps({"error": {"code": code, "message": message}}))
