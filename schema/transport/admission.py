"""Who may still ask in this minute: what every operation may cost is counted before it runs, whichever way it came.

Invalid documents count as well, and each root field of a mutation counts as one, so that aliases and sockets share with
requests. Attempts on accounts and coupons are counted again, more strictly, where they are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType

from domain.access.model import Asker, Throttled
from domain.access.provider import Allowances
from domain.ids import AccountId
from schema.execution.engine import Prepared, Rejected
from schema.transport.bodies import Ask
from schema.transport.caller import Caller

AccountOf = Callable[[Caller], AccountId | None]
"""Whose token a caller shows; None for guests and for tokens that are not good. It must cost next to nothing."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What an operation is counted as: what it may cost, and its mutations."""

    cost: int = 0
    mutations: int = 0


NO_OPERATION = Charge()
"""A document that does not run still counts as the least there is."""


def charge_of(prepared: Prepared, cost: int) -> Charge:
    """The charge of an operation that may cost so much."""
    return Charge(cost, prepared.weight.roots if prepared.kind is OperationType.MUTATION else 0)


class Admission:
    """Counts operations against their callers' allowances."""

    def __init__(self, allowances: Allowances, account_of: AccountOf) -> None:
        self._allowances = allowances
        self._account_of = account_of

    def asker_of(self, caller: Caller) -> Asker:
        """Whom an operation is counted for; a token that is not good counts for the address that it came from."""
        return Asker(account=self._account_of(caller), address=caller.address)

    def refuse_exhausted(self, asker: Asker) -> None:
        """Rejected at once who was just refused: before their document costs anything."""
        _refuse(self._allowances.exhausted(asker))

    def counts_at_once(self, address: str | None) -> bool:
        """Counts the least there is for a stranger, if nobody has to be asked; False, and nothing is counted, otherwise."""
        return self._allowances.spend(Asker(account=None, address=address), cost=NO_OPERATION.cost)

    async def count(self, asker: Asker, charge: Charge) -> None:
        """Counts an operation; Rejected when the allowance is used up."""
        _refuse(await self._allowances.take(asker, cost=charge.cost, mutations=charge.mutations))

    async def told(self, prepared: Prepared, ask: Ask, caller: Caller) -> dict[str, Any] | None:
        """What the answer's extensions tell of the allowance, to who asked by the request's `extensions.rateLimit: true`.

        For a mutation it is of mutations, for others of cost.
        """
        if ask.extensions.get("rateLimit") is not True:
            return None
        of_mutations = prepared.kind is OperationType.MUTATION
        left = await self._allowances.left(self.asker_of(caller), of_mutations=of_mutations)
        return {"rateLimit": {"limit": left.limit, "remaining": left.remaining, "resetSeconds": left.reset_seconds}}


def _refuse(throttled: Throttled | None) -> None:
    if throttled is not None:
        wait = throttled.retry_after
        message = f"Too many requests. Please try again in {wait} seconds."
        raise Rejected(GraphQLError(message, extensions={"code": "RATE_LIMITED", "retryAfter": wait}))
