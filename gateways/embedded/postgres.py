"""The embedded PostgreSQL 18: made once, started on a Unix socket only, and recovered after whatever befell it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from gateways.embedded import process
from gateways.embedded.accounts import Account, run
from gateways.embedded.places import Programs, owned_directory
from gateways.refusal import CannotStart

USER = "vitrine"
DATABASE = "vitrine"
_READY_SECONDS = 300.0
_ORPHAN_SECONDS = 60.0
# A postmaster that was killed leaves backends behind for a moment; until they are gone a new one refuses the directory.
_LINGERING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_LINGER_SECONDS = 20.0

# The builtin provider sorts alike on every machine; initdb's default would take the locale of whoever starts first.
_INITDB = """--username=vitrine --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C
    --auth-local=trust --auth-host=scram-sha-256 --no-instructions""".split()
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "jit": "off",  # costs more than it gives on statements of a few milliseconds
    "max_parallel_workers_per_gather": "0",  # parallel hash joins overflow the 64 MB /dev/shm of a container
    "idle_in_transaction_session_timeout": "60s",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """One PostgreSQL server on one data directory; `durable=False` trades crash safety for speed (throw-away data)."""

    def __init__(
        self,
        *,
        home: Path,
        sockets: Path,
        programs: Programs,
        account: Account | None,
        durable: bool,
        connections_max: int,
        end_with_parent: bool,
    ) -> None:
        self._data = home / "pg18"
        self._log = home / "postgres.log"
        self._sockets = sockets
        self._programs = programs
        self._account = account
        self._durable = durable
        self._connections_max = connections_max
        self._end_signal = signal.SIGINT if end_with_parent else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A libpq URL over the Unix socket."""
        return f"postgresql://{USER}@/{DATABASE}?host={self._sockets}"

    @property
    def pid(self) -> int | None:
        """The running postmaster's process id; None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def is_new(self) -> bool:
        """Whether the database has yet to be made."""
        return not (self._data / "PG_VERSION").exists()

    def start(self) -> None:
        """Makes the database if there is none, ends an orphan on it, starts the server and waits until it takes connections."""
        process.fresh_log(self._log)
        if self.is_new:
            self._create()
        owned_directory(self._data, self._account)
        self._end_orphan()
        launch = process.Launch("PostgreSQL", self._command(), self._log, self._account, self._end_signal)
        until = time.monotonic() + _LINGER_SECONDS
        while True:
            self._process = process.start(launch)
            if process.wait_until(self._ready, self._process, launch, seconds=_READY_SECONDS):
                return
            said = self._log.read_text(errors="replace")
            if time.monotonic() > until or not any(sign in said for sign in _LINGERING):
                raise CannotStart(f"PostgreSQL did not start: {process.last_line(self._log)} (log: {self._log})")
            process.fresh_log(self._log)
            time.sleep(0.2)

    def stop(self) -> None:
        """A fast shutdown: sessions end, everything committed is kept; an immediate one if that takes too long."""
        if self._process is not None:
            process.stop(self._process, ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)))

    def kill(self) -> None:
        """Ends the postmaster as a crash would: for tests of what must survive it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _create(self) -> None:
        """Makes the cluster beside its place and moves it there whole: an interrupted start leaves nothing half made."""
        unfinished = self._data.with_name("pg18.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        owned_directory(unfinished, self._account)
        sync = [] if self._durable else ["--no-sync"]
        self._run([str(self._programs.initdb), f"--pgdata={unfinished}", *_INITDB, *sync])
        self._run(
            [str(self._programs.postgres), "--single", "-D", str(unfinished), "postgres"], f"CREATE DATABASE {DATABASE};\n"
        )
        unfinished.replace(self._data)

    def _run(self, command: list[str], said: str = "") -> None:
        done = run(command, self._account, said=said)
        if done.returncode != 0:
            self._log.write_text(done.stdout + done.stderr)
            raise CannotStart(f"The database could not be made: {process.last_line(self._log)} (log: {self._log})")

    def _command(self) -> list[str]:
        settings = {**_SETTINGS, **({} if self._durable else _NOT_DURABLE), "max_connections": str(self._connections_max)}
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs.postgres), "-D", str(self._data), "-k", str(self._sockets), *given]

    def _ready(self) -> bool:
        """The eighth line of postmaster.pid tells the postmaster's state (pidfile.h), and the first whether it is ours."""
        lines = self._pid_file()
        return (
            self._process is not None
            and len(lines) > 7
            and lines[0].strip() == str(self._process.pid)
            and lines[7].strip() == "ready"
        )

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _end_orphan(self) -> None:
        """Stops the postmaster that a killed parent left on our data; we hold the directory's lock, so it is nobody's."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return
        pid = int(lines[0])
        steps = ((signal.SIGINT, _ORPHAN_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        for number, seconds in steps:
            if not self._is_postmaster(pid):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            until = time.monotonic() + seconds
            while time.monotonic() < until and self._is_postmaster(pid):
                time.sleep(process.POLL_SECONDS)
        if self._is_postmaster(pid):
            raise CannotStart(f"An older PostgreSQL (process {pid}) does not let go of {self._data}: end it and start again.")

    def _is_postmaster(self, pid: int) -> bool:
        """Whether the process is a PostgreSQL on our data: a process id in an old file may be anybody's by now."""
        if sys.platform == "linux":
            try:
                said = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                return False
        else:
            said = os.fsencode(run(["/bin/ps", "-o", "command=", "-p", str(pid)], None).stdout)
        return b"postgres" in said and os.fsencode(self._data) in said
