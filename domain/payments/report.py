"""The words of the report over payments: by what its sums are told apart, and how far it may reach."""

from __future__ import annotations

import enum

DAYS_MAX = 366
"""The longest time that one report is about."""
ROWS_MAX = 1_000
"""The most rows that one report has."""


class ReportGroup(enum.Enum):
    """What one row of the report is about, in one currency."""

    PROVIDER = "PROVIDER"
    DAY = "DAY"
    CURRENCY = "CURRENCY"
    METHOD = "METHOD"
    CHANNEL = "CHANNEL"
