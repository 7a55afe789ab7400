"""Notices an event loop that no longer turns. A stuck worker would keep its messages for ever, for its heartbeat goes on."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import time

import structlog

_LOOK_SECONDS = 0.5
_SLOW_SECONDS = 2.0
_EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h

log = structlog.stdlib.get_logger(__name__)


def watch(name: str, loop: asyncio.AbstractEventLoop, *, stuck_seconds: float) -> None:
    """Watches a loop from a thread: tells when it is slow, and ends the process when it has not turned for so long."""

    def look() -> None:
        turned = threading.Event()
        while not loop.is_closed():
            turned.clear()
            asked = time.monotonic()
            try:
                loop.call_soon_threadsafe(turned.set)
            except RuntimeError:  # closed meanwhile
                return
            if not turned.wait(_SLOW_SECONDS):
                log.warning("loop.slow", loop=name, seconds=_SLOW_SECONDS)
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                if not turned.wait(stuck_seconds - _SLOW_SECONDS) and not loop.is_closed():
                    log.critical("loop.stuck", loop=name, seconds=time.monotonic() - asked)
                    os._exit(_EXIT_CODE)
            time.sleep(_LOOK_SECONDS)

    threading.Thread(target=look, name=f"watch-{name}", daemon=True).start()
