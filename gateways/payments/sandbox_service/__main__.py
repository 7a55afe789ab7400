"""`python -m gateways.payments.sandbox_service`: the sandbox provider as a process.

Its secrets come as one line of JSON on standard input, `{"api_key": "...", "webhook_secret": "...", "previous_secret": null}`:
arguments would be shown in every process list, and the environment is read in one place of the shop only.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

import uvicorn

from gateways.payments.sandbox_service.app import build
from gateways.payments.sandbox_service.desk import Timing
from gateways.payments.strict_json import Fields, decode


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox-payments", description="A payment provider that moves no money.")
    parser.add_argument("--data-dir", type=Path, required=True, help="where its books are kept")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--public-url", help="where buyers reach it; by default the host and port")
    parser.add_argument("--later", type=float, default=Timing().later, help="seconds before what a scenario does later")
    parser.add_argument("--retry-first", type=float, default=Timing().retry_first, help="seconds before a webhook's second try")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input ends, as it does when a parent dies"
    )
    given = parser.parse_args()
    secrets = Fields(decode(sys.stdin.buffer.readline()))
    application = build(
        data_dir=given.data_dir,
        api_key=secrets.text("api_key"),
        webhook_secret=secrets.text("webhook_secret"),
        previous_secret=secrets.text_or_none("previous_secret") or "",
        public_url=given.public_url or f"http://{given.host}:{given.port}",
        timing=Timing(later=given.later, retry_first=given.retry_first),
    )
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            host=given.host,
            port=given.port,
            log_level="error",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
    )
    if given.with_parent:
        threading.Thread(target=_stop_with_input, args=(server,), daemon=True).start()
    server.run()


def _stop_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
