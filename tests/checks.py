"""All that stands between a change and main: lint, format, types, import rules, tests, in this order and none left out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What lint-imports starts from; run as code because the tool has no module to run.
_IMPORT_RULES = "from importlinter.cli import lint_imports_command as run; run()"
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lint (ruff check)", ("-m", "ruff", "check", ".")),
    ("format (ruff format)", ("-m", "ruff", "format", "--check", ".")),
    ("types (mypy)", ("-m", "mypy")),
    ("import rules (import-linter)", ("-c", _IMPORT_RULES)),
)


def run_checks(pytest_arguments: Sequence[str]) -> int:
    """Runs every step and then the tests, whose closing line stays the last; 0 only when all of them passed."""
    failed = [name for name, command in STEPS if _run(name, command) != 0]
    if failed:
        _say(f"\nFailed so far: {', '.join(failed)}. The tests follow.")
    code = _run("tests (pytest)", ("-m", "pytest", *_in_parallel(pytest_arguments), *pytest_arguments))
    return 1 if failed else code


def _in_parallel(pytest_arguments: Sequence[str]) -> tuple[str, ...]:
    """Two processes, each with servers of its own; one where somebody asks for something in particular."""
    return () if pytest_arguments else ("-n", "2")


def _run(name: str, command: Sequence[str]) -> int:
    _say(f"\n== {name}")
    return subprocess.run([sys.executable, *command], check=False, cwd=ROOT).returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
