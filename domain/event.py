"""A fact worth announcing: written to the outbox in the transaction that made it true.

Each concept lists its facts in `events.py`; the workers route every one of them to its actors. A fact carries ids and
numbers, never a person's data: whoever acts on it reads what is true by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`aggregate` names the kind of thing the fact is about, `aggregate_id` which one."""

    aggregate: ClassVar[str]

    @property
    def aggregate_id(self) -> UUID:
        raise AttributeError("an event says what it is about")
