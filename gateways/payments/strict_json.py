"""JSON from strangers: decoded without surprises, and read field by field with its types checked.

Whatever is wrong comes out as ValueError, so that a caller has one thing to refuse; what a field means is for the
provider's own module to say.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NoReturn

TEXT_MAX = 2_000
_EXACT_MAX = 10**12


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def decode(data: bytes) -> object:
    """The value of a UTF-8 JSON document.

    NaN, other encodings, endless integers, and nesting that would exhaust the stack are a ValueError like any other mistake.
    """
    try:
        value: object = json.loads(data.decode("utf-8"), parse_constant=_reject)
    except (ValueError, RecursionError) as error:
        raise ValueError("not a JSON document") from error
    return value


class Fields:
    """A JSON object whose members are asked for by name and type."""

    __slots__ = ("_members",)

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 (a stranger's mistake, not the caller's)
        self._members: dict[str, object] = value

    def text(self, name: str) -> str:
        """A non-empty string of at most 2,000 characters."""
        value = self._members.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= TEXT_MAX:
            raise ValueError(f"{name} is not a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._members.get(name) is None else self.text(name)

    def whole(self, name: str, *, low: int, high: int) -> int:
        """An integer within the bounds, both included; true and 1.0 are no integers."""
        value = self._members.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"{name} is not a whole number from {low} to {high}")
        return value

    def whole_or_none(self, name: str, *, low: int, high: int) -> int | None:
        return None if self._members.get(name) is None else self.whole(name, low=low, high=high)

    def true(self, name: str) -> bool:
        """Whether the member is `true`; anything but a boolean, or nothing, is a mistake."""
        value = self._members.get(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is neither true nor false")  # noqa: TRY004 (a stranger's mistake, not the caller's)
        return value

    def decimal(self, name: str) -> str:
        """A number as it was written: text, or a JSON number of few enough digits to have arrived unharmed."""
        value = self._members.get(name)
        if isinstance(value, str):
            return self.text(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _EXACT_MAX:
            raise ValueError(f"{name} is not a number")
        return repr(value)

    def is_text(self, name: str) -> bool:
        return isinstance(self._members.get(name), str)

    def moment(self, name: str) -> datetime:
        """An RFC 3339 time with its offset, as UTC."""
        return moment_of(self.text(name))

    def inner(self, name: str) -> Fields:
        return Fields(self._members.get(name))

    def inner_or_none(self, name: str) -> Fields | None:
        return None if self._members.get(name) is None else self.inner(name)

    def without(self, name: str) -> Fields:
        """The same object, as if it had no such member."""
        return Fields({each: value for each, value in self._members.items() if each != name})

    def texts_or_none(self, name: str, *, most: int) -> list[str]:
        """A list of non-empty strings, no longer than `most`; none when there is no such member."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"{name} is not a list of at most {most}")
        return [Fields({name: each}).text(name) for each in value]

    def many(self, name: str, *, most: int) -> list[Fields]:
        """A list of objects, no longer than `most`."""
        value = self._members.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"{name} is not a list of at most {most}")
        return [Fields(item) for item in value]

    def many_or_none(self, name: str, *, most: int) -> list[Fields]:
        """The same, and none when there is no such member."""
        return [] if self._members.get(name) is None else self.many(name, most=most)


def moment_of(text: str) -> datetime:
    """The time that an RFC 3339 text names, as UTC; ValueError without an offset or outside the years we can hold."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error
