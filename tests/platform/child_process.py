"""A child as the worker is one: bound to its parent, running until it is told to stop. Its argument is the parent's id."""

from __future__ import annotations

import signal
import sys

from gateways.signals import end_with_parent

if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    signal.sigwait({signal.SIGUSR1})
