"""How fast the worker goes about things: the intervals that tests shorten and nobody else has had reason to change."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.notices.model import Delivery
from persistence.outbox import AGAIN_SECONDS, ATTEMPTS_MAX
from workers.broker import HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds, but for the number of tries."""

    again_seconds: float = AGAIN_SECONDS
    attempts_max: int = ATTEMPTS_MAX
    poll_seconds: float = 0.5
    """How often the relay looks without a hint."""
    clock_seconds: float = 1.0
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    fetch_seconds: float = 0.25
    """How long an idle queue is left alone; each look is one short script in Redis."""
    backoff_seconds_max: float = 5.0
    stuck_seconds: float = 15.0
    """A loop that has not turned for so long is taken for stuck, and the process ends to be started again."""
    delivery: Delivery = field(default_factory=Delivery)
