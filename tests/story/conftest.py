"""One whole shop for all stories of a test process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.story.street import SECONDS, Street

ROOT = Path(__file__).resolve().parents[2]
_OPEN = re.compile(r"Vitrine is open at (http://127\.0\.0\.1:\d+)/graphql")


@pytest.fixture(scope="session")
def open_shop_url() -> Iterator[tuple[str, Path]]:
    """`python3 server.py` on a data directory of its own, until the tests end."""
    place = Path(tempfile.mkdtemp(prefix="vitrine-story-", dir="/tmp"))
    place.chmod(0o755)
    log = place / "shop.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "VITRINE_DATA_DIR": str(place / "data"),
        "REQUESTS_PER_MINUTE": "1000000",
        "MUTATIONS_PER_MINUTE": "1000000",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "server.py"), "--port", "0"], stdout=out, stderr=out, env=environment
        )
    try:
        until = time.monotonic() + SECONDS * 2
        while not (found := _OPEN.search(log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield found[1], place
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(SECONDS)
        shutil.rmtree(place, ignore_errors=True)
    assert code == 0


@pytest.fixture(scope="session")
async def street(open_shop_url: tuple[str, Path]) -> AsyncIterator[Street]:
    url, place = open_shop_url
    async with httpx2.AsyncClient(base_url=url, timeout=SECONDS) as client:
        yield Street(url, place, client)
