"""The messages of the graphql-transport-ws subprotocol: what a client may send, read strictly, and what we send.

A message that breaks the protocol is a `Fault` with the close code that the protocol gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schema.transport.bodies import Ask, BadRequest, ask_of, read_object

SUBPROTOCOL = "graphql-transport-ws"

BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NO_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429
FRAME_TOO_LARGE = 1009
RESTARTING = 1012
TRY_LATER = 1013
INTERNAL = 1011

ACK = '{"type":"connection_ack"}'
PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'

_REASON_BYTES_MAX = 120
_ID_MAX = 128


class Fault(Exception):
    """The socket must close with `code` (the protocol's, or RFC 6455's) and a reason for people."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        # A close frame holds 125 bytes, two of them the code; a longer reason would break the connection instead.
        self.reason = reason.encode()[:_REASON_BYTES_MAX].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Init:
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Pong:
    pass


Message = Init | Subscribe | Complete | Ping | Pong


def read_message(data: bytes) -> Message:
    """The message in a text frame; Fault 4400 when it is none."""
    try:
        frame = read_object(data)
        match frame.get("type"):
            case "connection_init":
                return Init(_payload(frame) or {})
            case "subscribe":
                payload = _payload(frame)
                if payload is None:
                    raise Fault(BAD_MESSAGE, "A subscribe message needs a payload.")
                return Subscribe(_id(frame), ask_of(payload))
            case "complete":
                return Complete(_id(frame))
            case "ping":
                _payload(frame)
                return Ping()
            case "pong":
                _payload(frame)
                return Pong()
    except BadRequest as failure:
        raise Fault(BAD_MESSAGE, f"Invalid message: {failure.message}") from None
    raise Fault(BAD_MESSAGE, "Unknown message type.")


def next_message(operation_id: str, result: bytes) -> str:
    """A result on its way; `result` is rendered already, maybe once for many sockets."""
    return f'{{"id":{_quoted(operation_id)},"type":"next","payload":{result.decode()}}}'


def error_message(operation_id: str, answer: bytes) -> str:
    """The end of an operation by failure; `answer` is a rendered response, of which the protocol wants the errors only."""
    errors = orjson.dumps(orjson.loads(answer)["errors"]).decode()
    return f'{{"id":{_quoted(operation_id)},"type":"error","payload":{errors}}}'


def complete_message(operation_id: str) -> str:
    return f'{{"id":{_quoted(operation_id)},"type":"complete"}}'


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _payload(frame: Mapping[str, Any]) -> dict[str, Any] | None:
    payload = frame.get("payload")
    if payload is None or isinstance(payload, dict):
        return payload
    raise Fault(BAD_MESSAGE, "The payload must be an object.")


def _id(frame: Mapping[str, Any]) -> str:
    operation_id = frame.get("id")
    if isinstance(operation_id, str) and 0 < len(operation_id) <= _ID_MAX:
        return operation_id
    raise Fault(BAD_MESSAGE, f"The id must be a string of 1 to {_ID_MAX} characters.")
