"""What people may decline: which messages are not about something they did, and the hours in which those wait. Pure.

Asking for a message to be left out is `domain.notices.choices`' business; when each one goes is decided where it is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.notices.model import Medium, NoticeKind

OPTIONAL: Mapping[NoticeKind, frozenset[Medium]] = {
    NoticeKind.BACK_IN_STOCK: frozenset({Medium.EMAIL}),
}
"""The kinds that nobody has to get, with the media that each goes by. All others are about an order, money or an account
of the reader's, or to staff: they always go, and at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One kind of message by one medium, as somebody may want it or not."""

    kind: NoticeKind
    medium: Medium


CHOICES: tuple[Choice, ...] = tuple(
    Choice(kind=kind, medium=medium)
    for kind, media in OPTIONAL.items()
    for medium in sorted(media, key=lambda each: each.value)
)
"""All that can be declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when until when, by the clocks of a time zone (IANA), a channel writes nothing that can wait.

    They may pass midnight. Where clocks are put forward or back, they end when a clock on the wall says so.
    """

    zone: str
    starts: time
    ends: time


def is_transactional(kind: NoticeKind) -> bool:
    """Whether a message always goes, whatever its reader has declined, and at any hour."""
    return kind not in OPTIONAL


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_quiet(quiet: QuietHours, *, at: datetime) -> bool:
    """Whether it is quiet then; the first moment is quiet, the end is not."""
    clock = at.astimezone(ZoneInfo(quiet.zone)).time()
    if quiet.starts < quiet.ends:
        return quiet.starts <= clock < quiet.ends
    return clock >= quiet.starts or clock < quiet.ends


def quiet_until(quiet: QuietHours | None, *, now: datetime) -> datetime | None:
    """When the quiet that it is now ends, UTC; None when it is not quiet."""
    if quiet is None or not is_quiet(quiet, at=now):
        return None
    zone = ZoneInfo(quiet.zone)
    here = now.astimezone(zone)
    day = here.date() if here.time() < quiet.ends else here.date() + timedelta(days=1)
    # Where clocks are put back the end comes twice, and the first that is ahead of us counts.
    still = now.astimezone(UTC)
    for end in sorted(datetime.combine(day, quiet.ends, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)):
        if end > still:
            if not is_quiet(quiet, at=end):
                return end if end.astimezone(zone).time() == quiet.ends else _first_after(quiet, still=still, over=end)
            still = end
    raise AssertionError("unreachable: the second of the two is over")


def _first_after(quiet: QuietHours, *, still: datetime, over: datetime) -> datetime:
    """The end that no clock shows, because clocks are put forward past it: the second from which it is quiet no more."""
    while over - still > timedelta(seconds=1):
        between = still + (over - still) / 2
        still, over = (between, over) if is_quiet(quiet, at=between) else (still, between)
    return over.replace(microsecond=0)
