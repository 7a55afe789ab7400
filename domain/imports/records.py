"""Reads CSV (RFC 4180) as a stream: one record at a time with its line, whatever the size of the file.

A record that breaks the rules is told and costs its first line only: reading goes on at the next one, so that one stray
quotation mark does not swallow the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

RECORD_CHARACTERS_MAX = 200_000
"""Of one record: a description has a bound, a quotation mark that is never closed has not."""
BAD_QUOTES = "has quotation marks that do not match"
NOT_UTF8 = "is not UTF-8 text"


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a record and the line it begins on, counted from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that begins no readable record, and why."""

    line: int
    reason: str


class Records:
    """Turns text lines, fed one by one with their line ends, into records."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._held: list[str] = []
        self._held_characters = 0
        self._is_open = False
        self._line = 1

    def feed(self, line: str) -> Iterator[Record | Broken]:
        """The records that this line completes."""
        self._waiting.append(line)
        yield from self._work()

    def end(self) -> Iterator[Record | Broken]:
        """What is left when the file is over."""
        while self._held:
            yield self._break(BAD_QUOTES)
            yield from self._work()

    def _work(self) -> Iterator[Record | Broken]:
        while self._waiting:
            line = self._waiting.popleft()
            self._held.append(line)
            self._held_characters += len(line)
            state = _still_open(line, is_open=self._is_open)
            if state is None or (state and self._held_characters > RECORD_CHARACTERS_MAX):
                yield self._break(BAD_QUOTES)
                continue
            self._is_open = state
            if not state:
                yield self._complete()

    def _complete(self) -> Record | Broken:
        begun = self._line
        try:
            cells = next(csv.reader(["".join(self._held)], strict=True), [])
        except csv.Error:
            return self._break(BAD_QUOTES)
        if any("\udc80" <= letter <= "\udcff" for cell in cells if not cell.isascii() for letter in cell):
            return self._break(NOT_UTF8)
        self._line += len(self._held)
        self._begin_anew()
        return Record(begun, cells)

    def _break(self, reason: str) -> Broken:
        """Gives the first held line up and puts the others back."""
        broken = Broken(self._line, reason)
        self._line += 1
        self._waiting.extendleft(reversed(self._held[1:]))
        self._begin_anew()
        return broken

    def _begin_anew(self) -> None:
        self._held = []
        self._held_characters = 0
        self._is_open = False


def _still_open(line: str, *, is_open: bool) -> bool | None:
    """Whether a quoted cell goes on after this line; None when something follows a closed one."""
    if '"' not in line:
        return is_open
    at, end = 0, len(line.rstrip("\r\n"))
    while True:
        if not is_open:
            if at < end and line[at] == '"':
                at += 1
            else:
                comma = line.find(",", at, end)
                if comma < 0:
                    return False
                at = comma + 1
                continue
        is_open = False
        closing = line.find('"', at)
        while closing >= 0 and line.startswith('""', closing):
            closing = line.find('"', closing + 2)
        if closing < 0:
            return True
        at = closing + 1
        if at >= end:
            return False
        if line[at] != ",":
            return None
        at += 1


async def lines_of(source: Iterable[str] | AsyncIterable[bytes]) -> AsyncIterator[str]:
    """The lines of a text file, or of bytes in pieces of any size: UTF-8, with or without its mark (BOM), any line end.

    Bytes that are no UTF-8 stay recognisable (PEP 383), so that the record they stand in can be refused.
    """
    if not isinstance(source, AsyncIterable):
        for number, line in enumerate(source):
            yield line.removeprefix("\ufeff") if number == 0 else line
        return
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    rest, is_first = "", True
    async for piece in source:
        text = rest + decoder.decode(piece)
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        *whole, rest = text.split("\n")
        if len(rest) > RECORD_CHARACTERS_MAX:
            whole, rest = [*whole, rest], ""
        for line in whole:
            yield line + "\n"
    if rest := rest + decoder.decode(b"", final=True):
        yield rest


async def records_of(source: Iterable[str] | AsyncIterable[bytes]) -> AsyncIterator[Record | Broken]:
    """All records of a file, in order."""
    records = Records()
    async for line in lines_of(source):
        for record in records.feed(line):
            yield record
    for record in records.end():
        yield record
