"""Failures of a question, as opposed to a deed: a top-level GraphQL error with its code, at the field that asked."""

from __future__ import annotations

from graphql import GraphQLError

from domain.access.model import Throttled


class Refusal(GraphQLError):
    """What a field answers when it cannot: `code` is stable and published, the message for people, `data` for programs."""

    def __init__(self, code: str, message: str, **data: int | str) -> None:
        super().__init__(message, extensions={"code": code, **data})


def too_many(throttled: Throttled) -> Refusal:
    """What is raised for who tried too often: a failure of the request, not of its input."""
    wait = throttled.retry_after
    return Refusal("RATE_LIMITED", f"Too many attempts. Please try again in {wait} seconds.", retryAfter=wait)
