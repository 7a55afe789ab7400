"""What the client wants back, read from `Accept` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import enum

_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"
_STREAM = "text/event-stream"
_PAGE = "text/html"
_ACCEPT_MAX = 2_000


class Wanted(enum.Enum):
    """The form of the answer; the value is its media type."""

    RESPONSE = _RESPONSE
    JSON = _JSON
    STREAM = _STREAM
    PAGE = _PAGE


def wanted(accept: str | None) -> Wanted | None:
    """The form to answer in, None when the client takes none that we have.

    JSON where nothing is said or anything goes, as older clients expect. A stream or a page must be named; a stream only
    where no JSON type is, since some clients name it in every request as something they could take too.
    """
    if not accept:
        return Wanted.JSON
    weights = _weights(accept[:_ACCEPT_MAX])
    response, json, page = weights.get(_RESPONSE, 0.0), weights.get(_JSON, 0.0), weights.get(_PAGE, 0.0)
    if page > 0 and page >= max(response, json):
        return Wanted.PAGE
    if weights.get(_STREAM, 0.0) > 0 and not response and not json:
        return Wanted.STREAM
    if response > 0 and response >= json:
        return Wanted.RESPONSE
    anything = weights.get("application/*", weights.get("*/*", 0.0))
    if json > 0 or (_JSON not in weights and anything > 0):
        return Wanted.JSON
    return Wanted.RESPONSE if _RESPONSE not in weights and anything > 0 else None


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        if name:
            weights[name] = max(weight, weights.get(name, 0.0))
    return weights
