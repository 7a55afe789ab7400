"""The outer layers in their order, from the socket inwards: headers, counting, failures, CORS, bounds, compression, the app.

An answer of any inner layer thus has its request id and its headers, and is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from edge.failures import AnsweredFailures
from edge.headers import RequestHeaders
from edge.limits import InputLimits, LimitedInput
from edge.metrics import MeasuredRequests, Metrics

COMPRESS_FROM_BYTES = 1_024

_SENT_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-Channel",
    "X-Country",
    "X-Currency",
    "X-Request-Id",
    "X-Session",
)
_SHOWN_HEADERS = ("ETag", "Retry-After", "X-Request-Id")


def layered(
    app: ASGIApp, *, metrics: Metrics, limits: InputLimits, cors_origins: Sequence[str] = (), with_cookies: bool = False
) -> ASGIApp:
    """The app inside all layers. `cors_origins` may call from a browser with a bearer token; and `with_cookies` with those."""
    add_compress_type("application/graphql-response+json")
    # A stream must leave as it is made; packing would hold it back or flush it at a cost for every socket.
    remove_compress_type("text/event-stream")
    inner: ASGIApp = CompressMiddleware(app, minimum_size=COMPRESS_FROM_BYTES)
    inner = LimitedInput(inner, limits)
    if cors_origins:
        inner = CORSMiddleware(
            inner,
            allow_origins=tuple(cors_origins),
            allow_methods=("GET", "POST"),
            allow_headers=_SENT_HEADERS,
            allow_credentials=with_cookies,
            expose_headers=_SHOWN_HEADERS,
            max_age=600,
        )
    return RequestHeaders(MeasuredRequests(AnsweredFailures(inner), metrics))
