"""How results and failures are worded: every error has a code and the request's id, and nothing internal gets out.

An exception that nobody meant for the caller is logged with its traceback and told as INTERNAL. Statuses and frames are
the business of the ways it travels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError

from schema.caching.kept import Kept
from schema.transport.bodies import BadRequest
from schema.transport.caller import Refused

Describe = Callable[[BaseException], tuple[str, str] | None]
"""The code and message of an exception that is about the machinery (SERVICE_UNAVAILABLE, OVERLOADED), None for a bug."""

STATUSES = {
    "UNAUTHENTICATED": 401,
    "TOKEN_EXPIRED": 401,
    "PERMISSION_DENIED": 403,
    "RATE_LIMITED": 429,
    "OVERLOADED": 503,
    "SERVICE_UNAVAILABLE": 503,
    "TIMEOUT": 503,
    "INTERNAL": 500,
}
"""The HTTP status of a request that did not run, by its code; 400 for all others."""

_log = structlog.get_logger(__name__)
_CALLERS_OWN = frozenset({"BAD_USER_INPUT"})
"""Described failures that are the caller's mistake: nobody else has to hear of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered response. `status` is the one for `application/graphql-response+json`; `code` the first error's.

    `retry_after` is the longest that an error asks its caller to wait, in seconds. `kept` is there when it is everybody's.
    """

    body: bytes
    status: int = 200
    code: str | None = None
    retry_after: int | None = None
    kept: Kept | None = None


class Answers:
    """Renders results and failures. `tells_all` tells anybody who asks how many statements an operation took, not staff alone."""

    def __init__(self, describe: Describe, *, tells_all: bool = False) -> None:
        self._describe = describe
        self.tells_all = tells_all

    def of_result(self, result: ExecutionResult, request_id: str) -> Answer:
        """A finished operation; without `data` when nothing ran because its variables did not fit."""
        errors = [self._formatted(error, request_id) for error in result.errors or ()]
        code = errors[0]["extensions"]["code"] if errors else None
        content: dict[str, Any] = {"errors": errors} if errors else {}
        # Nothing ran when there is no data and no error knows a place in it.
        ran = result.data is not None or not errors or any("path" in error for error in errors)
        if ran:
            content["data"] = result.data
        if result.extensions:
            content["extensions"] = result.extensions
        try:
            body = orjson.dumps(content)
        except TypeError as error:
            # A resolver handed out something that is no JSON (an integer past 64 bits, say): a bug of ours.
            return self.of_failure(error, request_id)
        return Answer(body, 200 if ran else STATUSES.get(code or "", 400), code, _retry_after(errors))

    def of_errors(self, errors: Iterable[GraphQLError], request_id: str) -> Answer:
        """A request that did not run, or a subscription that could not be opened."""
        formatted = [self._formatted(error, request_id) for error in errors]
        code = formatted[0]["extensions"]["code"]
        return Answer(orjson.dumps({"errors": formatted}), STATUSES.get(code, 400), code, _retry_after(formatted))

    def of_failure(self, failure: BaseException, request_id: str) -> Answer:
        """A request that ended in an exception; what it says gets out only where it was meant to."""
        if isinstance(failure, GraphQLError):
            return self.of_errors([failure], request_id)
        code, message = self._worded(failure, request_id)
        status = failure.status if isinstance(failure, BadRequest) else STATUSES.get(code, 400)
        return Answer(orjson.dumps({"errors": [_error(code, message, request_id)]}), status, code)

    def of_code(self, code: str, message: str, request_id: str, status: int) -> Answer:
        """A request refused by the transport itself."""
        return Answer(orjson.dumps({"errors": [_error(code, message, request_id)]}), status, code)

    def _formatted(self, error: GraphQLError, request_id: str) -> dict[str, Any]:
        cause = _root_cause(error)
        if isinstance(cause, GraphQLError):
            formatted: dict[str, Any] = dict(error.formatted)
            extensions = dict(error.extensions or {})
            if "code" not in extensions and error.path is not None and not _about_arguments(cause):
                # graphql-core itself complains about what a resolver gave: no type, no value, a value out of range.
                return self._masked(error, cause, request_id)
            extensions.setdefault("code", "BAD_USER_INPUT")
            formatted["extensions"] = {**extensions, "requestId": request_id}
            return formatted
        if error.path is None and error.nodes is not None:
            # A scalar's parser raised: its own words may quote anything, the place of the mistake is enough.
            message = error.message.split(": ", 1)[0] + "."
            return {**_error("BAD_USER_INPUT", message, request_id), **_located(error)}
        return self._masked(error, cause, request_id)

    def _masked(self, error: GraphQLError, cause: BaseException, request_id: str) -> dict[str, Any]:
        code, message = self._worded(cause, request_id, path=error.path)
        return {**_error(code, message, request_id), **_located(error)}

    def _worded(self, failure: BaseException, request_id: str, *, path: list[str | int] | None = None) -> tuple[str, str]:
        match failure:
            case BadRequest() | Refused():
                return failure.code, failure.message
            case TimeoutError():
                # asyncio's and the pool's: described by whoever knows them, else the request took too long.
                return self._describe(failure) or ("TIMEOUT", "The request took too long and was given up.")
        described = self._describe(failure)
        if described is not None:
            if described[0] in _CALLERS_OWN:
                return described
            _log.warning("graphql.unavailable", code=described[0], kind=type(failure).__name__, request_id=request_id)
            return described
        _log.error("graphql.unexpected", request_id=request_id, path=path, exc_info=failure)
        return "INTERNAL", "Something went wrong on our side. Tell us the request id if it goes on."


def _retry_after(errors: list[dict[str, Any]]) -> int | None:
    return max((each["extensions"]["retryAfter"] for each in errors if "retryAfter" in each["extensions"]), default=None)


def _root_cause(error: GraphQLError) -> BaseException:
    """What was raised first, below graphql-core's wrappings; the error itself when it was meant for the caller."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _about_arguments(error: GraphQLError) -> bool:
    """Whether graphql-core found an argument's value unfit at run time: the caller's mistake, in safe words."""
    return error.message.startswith("Argument '") or error.message.startswith('Argument "')


def _error(code: str, message: str, request_id: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def _located(error: GraphQLError) -> dict[str, Any]:
    located: dict[str, Any] = {}
    if error.locations:
        located["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        located["path"] = error.path
    return located
