"""SIGINT and SIGTERM kept from arriving halfway through starting or stopping something, and processes tied to their parent.

What a signal means to the API server is `gateways.serving`'s business.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Holds SIGINT and SIGTERM back until the block is left, then delivers the first of them.

    A child process started inside the block is thereby always recorded, and a stop once begun is finished. Handlers
    belong to the main thread; elsewhere there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    before = {number: signal.signal(number, note) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def unwind_when_stopped() -> None:
    """Makes SIGTERM unwind the stack as Ctrl-C does (KeyboardInterrupt), so that `finally` runs.

    A shell that starts us in the background has SIGINT ignored, and Python leaves it so; the API server heeds it
    nevertheless, and so must all that comes before it.
    """
    for number in STOPPING:
        signal.signal(number, signal.default_int_handler)


def end_with_parent(parent: int, *, grace_seconds: float = 20.0) -> None:
    """Sends this process SIGTERM once its parent is gone, however the parent died; ends it for good after the grace.

    Linux tells us at once (prctl PR_SET_PDEATHSIG, see prctl(2)); the watching thread serves the other systems and the
    moment before the call.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
