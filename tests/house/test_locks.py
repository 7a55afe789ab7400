"""The locks hold exactly what pyproject.toml asks for, every file by its hash, and the vendored pip is the one that is named."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*?)(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
_WANTED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==([^\s;]+))?")
_DIGEST = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _locked(name: str) -> dict[str, dict[str, str]]:
    """Every locked project with its versions and what follows them."""
    locked: dict[str, dict[str, str]] = {}
    for project, version, rest in _ENTRY.findall((ROOT / name).read_text()):
        locked.setdefault(_plain(project), {})[version] = rest
    return locked


def _asked(requirements: list[str]) -> dict[str, str]:
    found = {}
    for requirement in requirements:
        match = _WANTED.match(requirement)
        assert match, requirement
        found[_plain(match[1])] = match[2] or ""
    return found


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_version_has_its_hashes_and_names_no_host(lock: str) -> None:
    for project, versions in _locked(lock).items():
        assert all(_DIGEST.search(rest) for rest in versions.values()), project
    assert "://" not in (ROOT / lock).read_text()
    assert "--index" not in (ROOT / lock).read_text()


def test_what_is_asked_for_is_locked_at_that_version() -> None:
    locked = _locked("requirements.lock")
    assert {
        name: version for name, version in _asked(PYPROJECT["project"]["dependencies"]).items() if version not in locked[name]
    } == {}


def test_what_the_tests_ask_for_is_locked_besides() -> None:
    run, dev = _locked("requirements.lock"), _locked("requirements-dev.lock")
    asked = _asked(PYPROJECT["dependency-groups"]["dev"])
    assert {name for name, version in asked.items() if not dev[name] or (version and version not in dev[name])} == set()
    assert {name: set(versions) for name, versions in run.items()} == {name: set(dev[name]) for name in run}


def test_no_test_tool_is_installed_to_run_the_shop() -> None:
    run = _locked("requirements.lock")
    assert sorted({"pytest", "mypy", "ruff", "hypothesis", "import-linter"} & set(run)) == []


def test_the_vendored_pip_is_the_one_that_is_named() -> None:
    assert [file.name for file in bootstrap.PIP.parent.iterdir()] == [bootstrap.PIP.name]
    assert hashlib.sha256(bootstrap.PIP.read_bytes()).hexdigest() == bootstrap.PIP_SHA256


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = ".".join(map(str, bootstrap.OLDEST))
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert PYPROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"sys.version_info < {bootstrap.OLDEST}" in (ROOT / ".ci" / "run").read_text()
