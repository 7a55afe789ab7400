"""The one exception that a person at a terminal is meant to read."""

from __future__ import annotations


class CannotStart(Exception):
    """A start that cannot go on for a reason outside the program; its text is one line that says what to do about it."""
