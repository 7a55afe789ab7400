"""Makes `.venv` from the hashed lock when Vitrine is started outside an environment that has everything, and goes on in it.

Standard library only, and it parses on any Python 3, to be able to say that one is too old. Where packages come from is
left to the user's own pip or uv configuration.
"""

# ruff: noqa: E402 -- an old Python lacks what is imported below, and must be left before
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def _leave_old_python() -> None:
    """Goes on in a newer Python where there is one on PATH; otherwise says what is needed."""
    for name in NEWER:
        found = shutil.which(name)
        # A version manager's shim may stand there for a version that is not selected: ask it.
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:  # noqa: S603 -- a Python from PATH
            os.execv(found, [found] + sys.argv)  # noqa: S606, RUF005 -- the point; old syntax
    this = ".".join(str(part) for part in sys.version_info[:3])
    raise SystemExit("Vitrine needs Python 3.11 or newer; this is " + this + ". Install one and start again with it.")


# Before the imports and annotations below, which an old Python does not know.
if tuple(sys.version_info[:2]) < OLDEST:
    _leave_old_python()

import hashlib
import importlib.metadata
import importlib.util
import re
import time
from collections.abc import Iterable
from pathlib import Path

if sys.platform != "win32":
    import fcntl

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = ROOT / "deploy" / "bootstrap" / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
# What the Python itself must have been built with; a minimal one lacks some of it.
PARTS = {"ssl": "_ssl", "ctypes": "_ctypes", "sqlite3": "_sqlite3", "asyncio": "asyncio"}

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(;)?", re.MULTILINE)


def enter(*, dev: bool) -> None:
    """Returns when this Python has every locked package; otherwise makes `.venv` and starts the program anew in it.

    `dev` asks for what the tests need besides. Ends the program with one plain line when the environment cannot be made.
    """
    if sys.platform == "win32":
        raise SystemExit("Vitrine runs on Linux and macOS; on Windows start it in WSL.")
    inside = Path(sys.prefix) == VENV
    if (inside and _stamped(dev)) or (not inside and _has_all(importlib.metadata.distributions(), _lock(dev))):
        return
    try:
        _make(dev)
    except OSError as trouble:
        raise SystemExit(f"The environment {VENV} could not be made: {trouble}.") from None
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 -- to go on in the environment is the point


def _make(dev: bool) -> None:
    """Makes or completes the environment; one process at a time. What was interrupted is thrown away and made again."""
    with (ROOT / ".venv.lock").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another start is making the environment: waiting for it")
            fcntl.flock(turn, fcntl.LOCK_EX)
        unfinished = VENV / "vitrine.unfinished"
        if unfinished.exists() or not _works(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
            _require_parts()
            _say(f"Making .venv with Python {sys.version_info.major}.{sys.version_info.minor}")
            _create()
        elif _stamped(dev):
            return
        if not _has_all(importlib.metadata.distributions(path=_site_packages()), _lock(dev)):
            unfinished.touch()
            _install(_lock(dev), turn.fileno())
        _stamp(dev)
        unfinished.unlink(missing_ok=True)


def _lock(dev: bool) -> Path:
    return ROOT / ("requirements-dev.lock" if dev else "requirements.lock")


def _stamped(dev: bool) -> bool:
    """Whether the environment was completed from the lock as it is now; the test lock holds all of the other."""
    try:
        stamp = (VENV / "vitrine.stamp").read_text().split()
    except OSError:
        return False
    return PYTHON.exists() and _digest(_lock(dev)) in stamp


def _stamp(dev: bool) -> None:
    digests = [_digest(_lock(False)), *([_digest(_lock(True))] if dev else [])]
    draft = VENV / "vitrine.stamp.new"
    draft.write_text("\n".join(digests))
    draft.replace(VENV / "vitrine.stamp")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _has_all(installed: Iterable[importlib.metadata.Distribution], lock: Path) -> bool:
    """Whether every locked package is there in a locked version; one that only some systems need may be missing."""
    versions = {_plain(found.metadata["Name"]): found.version for found in installed}
    wanted: dict[str, set[str]] = {}
    optional = set()
    for name, version, marker in _PINNED.findall(lock.read_text()):
        wanted.setdefault(_plain(name), set()).add(version)
        if marker:
            optional.add(_plain(name))
    return all(versions.get(name) in pins or (name in optional and name not in versions) for name, pins in wanted.items())


def _plain(name: str) -> str:
    """A project's name as all its spellings share it (PyPA name normalisation)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _works(python: Path) -> bool:
    """Whether the environment's Python starts: it goes away with the Python that it was made from."""
    try:
        return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0  # noqa: S603 -- our own
    except OSError:
        return False


def _site_packages() -> list[str]:
    return [str(place) for place in VENV.glob("lib/python3.*/site-packages")]


def _require_parts() -> None:
    missing = [name for name, module in PARTS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise SystemExit(
            f"This Python ({sys.executable}) was built without {', '.join(missing)}: install the full one (Debian: apt install python3)."
        )


def _create() -> None:
    """An environment without pip; made by hand where the venv module is packaged apart."""
    try:
        import venv  # noqa: PLC0415 -- may be missing, which is no failure
    except ImportError:
        _create_by_hand()
    else:
        venv.EnvBuilder(symlinks=True, with_pip=False).create(VENV)


def _create_by_hand() -> None:
    """The layout that site.py looks for (PEP 405): pyvenv.cfg beside bin, packages below lib."""
    base = Path(sys.executable).resolve()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (VENV / "bin").mkdir(parents=True)
    (VENV / "lib" / f"python{version}" / "site-packages").mkdir(parents=True)
    for name in ("python", "python3", f"python{version}"):
        (VENV / "bin" / name).symlink_to(base)
    (VENV / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\nversion = {version}\n")


def _install(lock: Path, turn: int) -> None:
    """Installs what the lock names. The installer holds our turn too: killed, we leave it behind, and others must wait for it."""
    count = len({name for name, _, marker in _PINNED.findall(lock.read_text()) if not marker})
    _say(f"Installing about {count} locked packages into .venv (once; some 100 MB)")
    began = time.monotonic()
    uv = shutil.which("uv")
    if uv is None or not _install_with_uv(uv, lock, turn):
        _install_with_pip(lock, count, turn)
    _say(f"Installed in {time.monotonic() - began:.0f} s")


def _install_with_uv(uv: str, lock: Path, turn: int) -> bool:
    command = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        str(PYTHON),
        "--require-hashes",
        "--only-binary=:all:",
        "-r",
        str(lock),
    ]
    done = subprocess.run(command, check=False, capture_output=True, pass_fds=(turn,))  # noqa: S603 -- the user's uv, our arguments
    if done.returncode != 0:
        _say("uv could not install them; trying pip")
    return done.returncode == 0


def _install_with_pip(lock: Path, count: int, turn: int) -> None:
    """Runs our own pip from its wheel: Debian's Python comes without one, and an older one may not know what we ask."""
    if _digest(PIP) != PIP_SHA256:
        raise SystemExit(f"{PIP} is not the file that Vitrine came with: get a fresh copy of the source.")
    options = [
        "--require-hashes",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
    ]
    command = [str(PYTHON), str(PIP / "pip"), "install", *options, "-r", str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=(turn,)) as pip:  # noqa: S603 -- ours
        said = _follow(pip.stdout or (), count)
    if pip.returncode != 0:
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise SystemExit("\n".join([*reasons[-3:], "The packages could not be installed. Mend the cause and start again."]))


def _follow(lines: Iterable[str], count: int) -> list[str]:
    """Tells how far pip is, a line for every twenty packages, and returns the last of what it said.

    Pip speaks of some packages twice: what is more than all of them is not told.
    """
    said: list[str] = []
    found = 0
    for line in lines:
        said = [*said[-20:], line.rstrip()]
        if line.startswith("Collecting "):
            found += 1
            if found % 20 == 0 and found <= count:
                _say(f"  {found} of {count} found")
        elif line.startswith("Installing collected"):
            _say("  unpacking")
    return said


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 -- there is no logging yet; a person is waiting
