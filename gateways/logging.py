"""Structured logs: one JSON object a line on standard error, with the request id of whoever is being served.

Libraries that log through the standard module come out in the same form. What is bound with
`structlog.contextvars.bind_contextvars` stands in every line of that task.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor


def configure_logging(*, level: str, for_people: bool = False) -> None:
    """Sends every log line of this process through structlog; `for_people` writes plain text instead of JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared[:3], structlog.stdlib.PositionalArgumentsFormatter(), *shared[4:], _hand_over],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_written(for_people)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Start, stop and every request are told by us, with ids and without the query string; others tell only trouble.
    for name in ("uvicorn.error", "alembic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True


_hand_over = structlog.stdlib.ProcessorFormatter.wrap_for_formatter


def _written(for_people: bool) -> list[Processor]:
    if for_people:
        # Plain tracebacks: the default ones print the values of variables, tokens among them.
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
