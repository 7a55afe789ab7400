"""What must never be seen, whatever was sent: failures of ours, and words from inside."""

from __future__ import annotations

import json
import re
from typing import Any

LEAKS = re.compile(
    r"Traceback|File \\?\"|site-packages|/usr/|/home/|/tmp/|\.py\b|asyncpg|sqlalchemy|strawberry\.|graphql\.execution|redis\."
    r"|\bSELECT \w|\bINSERT INTO|\bUPDATE \w+ SET|relation \"|column \"|postgres(ql)?://|rediss?://|<class|object at 0x"
    r"|(Value|Type|Key|Attribute|Index|Runtime|Unicode\w+|Recursion|Assertion)Error|eyJ[A-Za-z0-9_-]{20,}|whsec_|sk_sandbox",
)
OURS = frozenset({"INTERNAL"})


def judged(status: int, kind: str, body: bytes) -> None:
    """AssertionError for an answer that no request may get."""
    text = body.decode()
    assert status < 500, text[:500]
    assert LEAKS.findall(text) == [], text[:500]
    if "json" in kind:
        assert isinstance(json.loads(text), dict)
        assert coded(json.loads(text)), text[:500]


def coded(answer: dict[str, Any]) -> bool:
    """Whether it is data, or errors of which each has a code that is not ours."""
    errors = answer.get("errors", [])
    codes = [each["extensions"]["code"] for each in errors]
    return bool("data" in answer or codes) and not OURS & set(codes)
