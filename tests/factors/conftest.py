"""Fixtures of second factors."""

from __future__ import annotations

from tests.makers.access import api, hasher, judge, throttled_api

__all__ = ["api", "hasher", "judge", "throttled_api"]
