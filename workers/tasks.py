"""What a task is: one actor's work on one fact, done once however often it is dispatched.

Two kinds exist. Work `Within` a transaction is committed together with the mark that it is done. Work `Outside` calls
somebody: it runs its own transactions around the call, with ids that make a repeat harmless, and is marked done after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from domain.access.secrets import OneTimeSecrets
from domain.error import UserError
from domain.invoices.provider import Printer
from domain.notices.model import Delivery
from domain.notices.provider import Post
from domain.payments.provider import Provider, ProviderUnavailable
from domain.seal import Seal
from domain.webhooks.flows import Means
from persistence.engine import Database
from persistence.failures import BUSY, LOST, Overloaded, Unavailable
from persistence.outbox import Task as StoredTask
from persistence.unit import Transactions, UnitOfWork
from workers.carrier import Carrier

log = structlog.stdlib.get_logger(__name__)

QUICK = "quick"
"""The queue of work that only touches the database."""
CALLING = "calling"
"""The queue of work that waits for others: mail servers, payment providers."""
LONG = "long"
"""The queue of work that takes minutes, such as imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a task works on: the kind and fields of an event, with the ids of its task and itself."""

    task_id: UUID
    event_id: UUID
    kind: str
    fields: Mapping[str, Any]

    def id(self, name: str) -> UUID:
        """A field that is an id. KeyError or ValueError when the event has no such field: the task then fails."""
        return UUID(self.fields[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How the shop is reached and whom it writes to: pages for people, our own address, mail's sender, staff's mailbox ("": none)."""

    storefront_url: str
    public_url: str
    mail_from: str
    staff_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What tasks work with. Belongs to one event loop."""

    database: Database
    transact: Transactions
    post: Post
    carrier: Carrier
    delivery: Delivery
    seal: Seal
    secrets: OneTimeSecrets
    addresses: Addresses
    providers: Mapping[str, Provider]
    webhooks: Means
    printer: Printer
    sends_sms: bool
    """Whether buyers who want text messages get them."""
    low_stock_at: int = 5
    """How many units of a variant are few; below 0: nobody wants to know."""
    unfinished_after: timedelta = timedelta(minutes=10)
    """How long a payment may be without an outcome before its provider is asked."""


InTransaction = Callable[[UnitOfWork, Fact, Tools], Awaitable[UserError | None]]
OnItsOwn = Callable[[Fact, Tools], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Within:
    """Work inside one transaction; a returned `UserError` rolls it back and counts as a failed try."""

    run: InTransaction
    queue: str = QUICK
    seconds_max: float = 10.0


@dataclass(frozen=True, slots=True)
class Outside:
    """Work with a call to somebody else; it must bear being run again after any part of it."""

    run: OnItsOwn
    queue: str = CALLING
    seconds_max: float = 25.0


Task = Within | Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(UserError):
    """A try that did not work out: the transaction is rolled back, and the reason noted beside the task."""

    reason: str

    @property
    def message(self) -> str:
        return self.reason


class NotYet(Exception):
    """Raised by work that has to wait for something; the reason is noted and the task tried again, without alarm."""


async def perform(task_id: UUID, *, tasks: Mapping[str, Task], tools: Tools) -> None:
    """Does a task unless it is done. What goes wrong is noted beside the task, which is dispatched again later."""
    stored = await tools.transact.work(_look, task_id)
    if stored is None or stored.is_done:
        return
    with structlog.contextvars.bound_contextvars(request_id=stored.request_id, task=stored.actor, task_id=str(task_id)):
        failure = await _try(stored, tasks.get(stored.actor), tools)
        if failure is None:
            log.info("task.done")
        else:
            log.warning("task.failed", attempt=stored.attempts, reason=failure)
            await tools.transact.work(_note_failure, task_id, failure)


async def _try(stored: StoredTask, task: Task | None, tools: Tools) -> str | None:
    """One try; the reason when it failed."""
    if task is None:
        return "there is no actor of this name"
    fact = Fact(task_id=stored.id, event_id=stored.event_id, kind=stored.kind, fields=stored.payload)
    # What the task announces carries on the id of the request that began it all.
    transact = tools.transact.of_request(stored.request_id)
    try:
        async with asyncio.timeout(task.seconds_max):
            match task:
                case Within(run):
                    outcome = await transact.work(_within, run, fact, tools)
                    return outcome.message if isinstance(outcome, UserError) else None
                case Outside(run):
                    await run(fact, tools)
                    await transact.work(_complete, stored.id)
                    return None
    except TimeoutError:
        return f"not done within {task.seconds_max:g} seconds"
    except (NotYet, ProviderUnavailable, Unavailable, Overloaded, *LOST, *BUSY) as away:
        return f"{type(away).__name__}: {away}"
    except Exception as broken:  # a bug, or somebody's answer that nobody expected: told, and tried again
        log.exception("task.broke")
        return f"{type(broken).__name__}: {broken}"


async def _look(unit: UnitOfWork, task_id: UUID) -> StoredTask | None:
    return await unit.outbox.task(task_id)


async def _within(unit: UnitOfWork, run: InTransaction, fact: Fact, tools: Tools) -> UserError | None:
    """Marks the task done first: a second copy of the message waits here for the first, and then finds it done."""
    if not await unit.outbox.complete(fact.task_id):
        return None
    return await run(unit, fact, tools)


async def _complete(unit: UnitOfWork, task_id: UUID) -> None:
    await unit.outbox.complete(task_id)


async def _note_failure(unit: UnitOfWork, task_id: UUID, failure: str) -> None:
    await unit.outbox.fail(task_id, failure)
