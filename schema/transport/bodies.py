"""Strict JSON and what a GraphQL request must look like in it.

Refuses what parsers disagree about or choke on: bad UTF-8, a byte order mark, NaN, numbers beyond 64 bits, lone
surrogates, deep nesting, anything but an object. What the document says is not looked at here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import orjson

DEPTH_MAX = 64
"""The deepest nesting of lists and objects in a request."""

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 63) - 1
_INT_DIGITS_MAX = 20
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}\Z")
_KINDS: dict[type, str] = {str: "a string", dict: "an object"}
Kind = TypeVar("Kind", str, dict[str, Any])


class BadRequest(Exception):
    """The request is no well-formed GraphQL request; answered with `status` over HTTP."""

    def __init__(self, message: str, *, code: str = "BAD_REQUEST", status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Ask:
    """The parameters of GraphQL over HTTP, checked for form. `hash` is the SHA-256 of a persisted document, in hex."""

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    hash: str | None


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object in the bytes; BadRequest when it is anything else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadRequest("The body is not valid JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object; batches are not taken.")
    # Cheap tests first: hardly any request has a long number or enough brackets to be deep.
    if _LONG_NUMBER.search(data):
        _refuse_long_integers(data)
    if data.count(b"{") + data.count(b"[") > DEPTH_MAX:
        _refuse_depth(value)
    return value


def ask_of(parameters: Mapping[str, Any]) -> Ask:
    """The request in a JSON object; BadRequest when a parameter has the wrong type or there is nothing to run."""
    query = _optional(parameters, "query", str)
    extensions = _optional(parameters, "extensions", dict) or {}
    digest = _persisted_hash(extensions)
    if query is None and digest is None:
        raise BadRequest("The parameter query is missing.")
    return Ask(
        query=query,
        operation_name=_optional(parameters, "operationName", str) or None,
        variables=_optional(parameters, "variables", dict) or {},
        extensions=extensions,
        hash=digest,
    )


def ask_of_query_string(parameters: Mapping[str, str]) -> Ask:
    """The request in the parameters of a GET, where `variables` and `extensions` are JSON text."""
    decoded: dict[str, Any] = {name: parameters[name] for name in ("query", "operationName") if name in parameters}
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        if text and text != "null":
            try:
                decoded[name] = read_object(text.encode("utf-8", "strict"))
            except (BadRequest, UnicodeEncodeError):
                raise BadRequest(f"The parameter {name} must be a JSON object.") from None
    return ask_of(decoded)


def _optional(parameters: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    value = parameters.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise BadRequest(f"The parameter {name} must be {_KINDS[kind]}.")


def _persisted_hash(extensions: Mapping[str, Any]) -> str | None:
    """The hash of Apollo's automatic persisted queries, version 1: `extensions.persistedQuery.sha256Hash`."""
    if "persistedQuery" not in extensions:
        return None
    persisted = extensions["persistedQuery"]
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise BadRequest("persistedQuery must be an object with version 1.")
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str) or _SHA256.match(digest) is None:
        raise BadRequest("persistedQuery.sha256Hash must be 64 hexadecimal digits.")
    return digest.lower()


def _refuse_long_integers(data: bytes) -> None:
    """Long digits may be an integer that orjson read as a float: read again, looking at integers only."""

    def checked(digits: str) -> int:
        if len(digits) <= _INT_DIGITS_MAX and _INT_MIN <= (number := int(digits)) <= _INT_MAX:
            return number
        raise BadRequest("An integer in the body does not fit into 64 bits.")

    def never(name: str) -> NoReturn:
        raise BadRequest(f"{name} is no JSON value.")

    try:
        json.loads(data, parse_int=checked, parse_constant=never)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def _refuse_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH_MAX):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    if any(isinstance(item, dict | list) for item in level):
        raise BadRequest(f"The body is nested deeper than {DEPTH_MAX} levels.")
