"""The servers that are compared: processes of their own on one core, watched through /proc. Linux only."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import enum
import os
import resource
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateways.serving import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")
_COUNTS = ("vitrine_sql_statements_total", "sql_statements_total")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core the measured server has, and which everything else: load, PostgreSQL, Valkey. The same where there is one."""

    server: int
    others: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server under measurement."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far, user and system (proc(5), fields 14 and 15)."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS

    def memory_kib(self) -> int:
        """Resident memory."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def statements(self) -> float:
        """SQL statements a server has sent so far, by its own metrics; 0 for a server without."""
        with _opener.open(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith(_COUNTS)), 0.0)


class Neighbours:
    """How much of a core others take while we measure on it, from the kernel's own counting (proc(5), /proc/stat)."""

    def __init__(self, core: int, servers: Sequence[Server]) -> None:
        self._core = core
        self._servers = servers
        self._busy, self._all = self._spent()
        self._own = self._used()

    def share(self) -> float:
        """The part of the core's time since then that went to anybody but our servers, 0 to 1."""
        busy, everything = self._spent()
        others = (busy - self._busy) - (self._used() - self._own)
        return max(others, 0.0) / (everything - self._all)

    def _used(self) -> float:
        return sum(server.cpu_seconds() for server in self._servers)

    def _spent(self) -> tuple[float, float]:
        lines = Path("/proc/stat").read_text().splitlines()
        ticks = next([int(each) for each in line.split()[1:9]] for line in lines if line.startswith(f"cpu{self._core} "))
        idle = ticks[3] + ticks[4]
        return (sum(ticks) - idle) / _TICKS, sum(ticks) / _TICKS


def choose_cores() -> Cores:
    """The first and the last of the cores this process may use."""
    free = sorted(os.sched_getaffinity(0))
    return Cores(server=free[0], others=free[-1])


def room_for_sockets() -> int:
    """Raises the number of open files to what is allowed, for us and our children; that number."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@contextlib.contextmanager
def floor(name: str, *, core: int, database_url: str, folder: Path) -> Iterator[Server]:
    """One of `benchmarks.floors`."""
    command = [sys.executable, "-m", "benchmarks.floors", name]
    with running(name, command, {"DATABASE_URL": database_url}, core=core, folder=folder) as server:
        yield server


class Keeps(enum.Enum):
    """What an API keeps in its process: nothing, rows, or rows and answers."""

    NOTHING = "nothing"
    ROWS = "rows"
    ALL = "all"


@contextlib.contextmanager
def api(
    name: str, *, compiled: bool, core: int, addresses: Mapping[str, str], folder: Path, keeps: Keeps = Keeps.NOTHING
) -> Iterator[Server]:
    """The API as it is served in production, by the command that serves it there; `keeps` is ALL there."""
    settings = {
        **addresses,
        "VITRINE_MODE": "production",
        "VITRINE_DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PUBLIC_URL": "http://127.0.0.1:9",  # nobody: the sandbox's notifications go nowhere
        "SMTP_URL": "smtp://127.0.0.1:9",
        "UNREADY_SECONDS": "0",
        "COMPILED_EXECUTOR": str(compiled).lower(),
        "RESPONSE_CACHE_BYTES": "67108864" if keeps is Keeps.ALL else "0",
        "ROW_CACHE_BYTES": "0" if keeps is Keeps.NOTHING else "67108864",
        "REQUESTS_PER_MINUTE": "1000000000",
        "MUTATIONS_PER_MINUTE": "1000000000",
    }
    with running(name, [sys.executable, str(ROOT / "server.py"), "serve"], settings, core=core, folder=folder) as server:
        yield server


@contextlib.contextmanager
def sandbox(*, core: int, folder: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    """The sandbox payment provider, and the settings by which an API finds it. Its notifications go nowhere."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    key = secrets.token_urlsafe(32)
    books = ["--data-dir", str(folder / "sandbox"), "--port", "{port}", "--with-parent"]
    said = orjson.dumps({"api_key": key, "webhook_secret": secret, "previous_secret": None}) + b"\n"
    command = [sys.executable, "-m", "gateways.payments.sandbox_service", *books]
    with running("sandbox", command, {}, core=core, folder=folder, said=said) as server:
        found = {"SANDBOX_URL": f"http://127.0.0.1:{server.port}", "SANDBOX_API_KEY": key, "SANDBOX_WEBHOOK_SECRETS": secret}
        yield server, found


@contextlib.contextmanager
def running(
    name: str, command: list[str], settings: Mapping[str, str], *, core: int, folder: Path, said: bytes = b""
) -> Iterator[Server]:
    """A server on a free port, which stands for `{port}` in the command; `said` is what it reads from its standard input."""
    port = free_port("127.0.0.1", preferred=0)
    environment = {**os.environ, **settings, "HOST": "127.0.0.1", "PORT": str(port)}
    ours = os.sched_getaffinity(0)
    with (folder / f"{name}.log").open("wb") as log:
        os.sched_setaffinity(0, {core})  # a child inherits it, and its threads from their first moment
        try:
            process = subprocess.Popen(
                [each.format(port=port) for each in command],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        finally:
            os.sched_setaffinity(0, ours)
        assert process.stdin is not None
        try:
            process.stdin.write(said)
            process.stdin.flush()
            yield Server(name, port, process)
        finally:
            process.stdin.close()
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def opened(server: Server, folder: Path) -> None:
    """Returns once the server accepts connections; RuntimeError with the end of its log when it does not."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while server.process.poll() is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise RuntimeError(f"{server.name} did not start: {(folder / f'{server.name}.log').read_text()[-2_000:]}")
