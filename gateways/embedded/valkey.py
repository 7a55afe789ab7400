"""The embedded Valkey (a Redis): on a Unix socket only, every write in its append-only file within a second."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from gateways.embedded import process
from gateways.embedded.accounts import Account
from gateways.embedded.places import Programs, owned_directory
from gateways.refusal import CannotStart

_READY_SECONDS = 120.0
_ORPHAN_SECONDS = 30.0
_ANSWER_SECONDS = 2.0


class Valkey:
    """One Valkey server on one data directory; `durable=False` keeps nothing on disk."""

    def __init__(
        self, *, home: Path, sockets: Path, programs: Programs, account: Account | None, durable: bool, end_with_parent: bool
    ) -> None:
        self._data = home / "valkey"
        self._log = home / "valkey.log"
        self._socket = sockets / "valkey.sock"
        self._program = programs.valkey
        self._account = account
        self._durable = durable
        self._end_signal = signal.SIGTERM if end_with_parent else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A redis-py URL over the Unix socket."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """The running server's process id; None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Ends an orphan on our socket, starts the server and waits until it has read its file and answers."""
        process.fresh_log(self._log)
        owned_directory(self._data, self._account)
        self._end_orphan()
        launch = process.Launch("Valkey", self._command(), self._log, self._account, self._end_signal)
        self._process = process.start(launch)
        if not process.wait_until(self._ready, self._process, launch, seconds=_READY_SECONDS):
            raise CannotStart(f"Valkey did not start: {process.last_line(self._log)} (log: {self._log})")

    def stop(self) -> None:
        """Writes what is pending and ends."""
        if self._process is not None:
            process.stop(self._process, ((signal.SIGTERM, 15.0),))

    def kill(self) -> None:
        """Ends the server as a crash would: for tests of what must survive it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _command(self) -> list[str]:
        """Never evicts (the job queue lives here) and takes no snapshots besides the append-only file."""
        return [
            *(str(self._program), "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"),
            *("--dir", str(self._data), "--save", "", "--appendonly", "yes" if self._durable else "no"),
            *("--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ]

    def _ready(self) -> bool:
        return self._said("PING").startswith(b"+PONG")

    def _end_orphan(self) -> None:
        """Stops the server that a killed parent left on our socket: two servers would write one append-only file."""
        if not self._said("PING"):
            return
        # The answer to SHUTDOWN is the end of the connection, which comes with the end of the process.
        left = self._said("SHUTDOWN", seconds=_ORPHAN_SECONDS)
        if left or self._said("PING"):
            raise CannotStart(f"An older Valkey does not let go of {self._socket}: end it and start again.")

    def _said(self, command: str, *, seconds: float = _ANSWER_SECONDS) -> bytes:
        """What the server on our socket answers to an inline command; nothing when there is no server."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(seconds)
                line.connect(str(self._socket))
                line.sendall(command.encode() + b"\r\n")
                return line.recv(64)
        except OSError:
            return b""
