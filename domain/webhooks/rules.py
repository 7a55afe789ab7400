"""The rules of outgoing webhooks: what an address may be, how long to pause, when to give up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from domain.viewer import Permission
from domain.webhooks.model import AGGREGATES, DELIVERY_HOURS, NEEDED, TYPE_NAMES, EventType, Tried

URL_LENGTH_MAX = 2_000
PAUSE_SECONDS = 5
DELIVERY_PAUSE_MAX = 6 * 3600
ENDPOINT_PAUSE_MAX = 3600
DEFAULT_PORTS = {"https": 443, "http": 80}


def url_problem(url: str, *, allows_local: bool) -> str | None:
    """Why this is no address that we call, or None. `http` and ports of one's own are for trying things out.

    Whether the name leads to a public address is asked anew at every call, for names change their mind.
    """
    if len(url) > URL_LENGTH_MAX or not url.isascii() or not url.isprintable() or " " in url:
        return f"An address has at most {URL_LENGTH_MAX} ASCII characters and no spaces."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "This is no https address."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "An address carries no user, password or fragment: the signature tells who calls."
    if not allows_local and (parts.scheme != "https" or port not in (None, 443)):
        return "Only https on its own port is called."
    return None


Naming = Callable[[str, UUID], str]
"""Public ids as the API spells them, by the name of the type."""


def shown_fields(aggregate: str, aggregate_id: UUID, fields: Mapping[str, object], named: Naming) -> dict[str, object]:
    """An event's own fields as the API spells them: what it is about first, then its numbers and states; ids are public ones."""
    shown: dict[str, object] = {"subjectId": named(TYPE_NAMES[aggregate], aggregate_id)}
    for name, value in fields.items():
        thing = name.removesuffix("_id")
        shown[_camel(name)] = named(TYPE_NAMES[thing], UUID(str(value))) if thing in TYPE_NAMES and thing != name else value
    return shown


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(each.title() for each in rest)


def needed_for(types: Sequence[EventType]) -> frozenset[Permission]:
    """What reading these events takes."""
    return frozenset(NEEDED[AGGREGATES[each]] for each in types)


def delivery_pause(attempts: int) -> int:
    """Seconds until a delivery is due again after so many tries: 5, 10, 20, ... up to six hours."""
    return int(min(PAUSE_SECONDS * 2 ** (attempts - 1), DELIVERY_PAUSE_MAX))


def endpoint_pause(failures: int) -> int:
    """Seconds in which an endpoint is left alone after so many failures in a row; none after a success."""
    return 0 if failures == 0 else int(min(PAUSE_SECONDS * 2 ** (failures - 1), ENDPOINT_PAUSE_MAX))


def failures_after(failures: int, tried: Sequence[Tried]) -> int:
    """Failures in a row once these tries have ended, in the order of their ends: a success begins anew."""
    for each in sorted(tried, key=lambda one: one.outcome.at):
        failures = failures + 1 if each.outcome.reason is not None else 0
    return failures


def gives_up(failing_since: datetime | None, tried: Sequence[Tried], *, now: datetime) -> str | None:
    """Why the endpoint is switched off now, or None: it is gone, or nothing has reached it for three days."""
    if any(each.outcome.is_final for each in tried):
        return "The receiver answered 410: it is gone."
    if failing_since is not None and now - failing_since >= timedelta(hours=DELIVERY_HOURS):
        return f"Nothing has reached it for {DELIVERY_HOURS} hours."
    return None
