"""One operation on both executors, and what there is to ask about in the filled shop."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema

from domain.viewer import Viewer
from persistence.failures import described
from schema.context import Context
from schema.execution.engine import Engine
from schema.execution.prepared import Prepared
from schema.limits import Ceilings
from schema.transport.caller import Caller
from schema.transport.operations import OpenContext

WIDE = Ceilings(depth=30, fields=2_000, aliases=500, directives=500, tokens=10_000)
LEARNED = """{
  products(first: 30) { nodes { id slug variants { id sku } } pageInfo { endCursor } edges { cursor } }
  categories(first: 30) { nodes { id slug } pageInfo { endCursor } }
  collections(first: 30) { nodes { id slug } }
  orders { nodes { id token number } pageInfo { endCursor } }
  warehouses { id }
  messageDeliveries { nodes { id } }
}"""


@dataclass
class Both:
    """graphql-core alone and with plans, over one schema; `known` are values by the names of arguments that take them."""

    schema: GraphQLSchema
    open_context: OpenContext
    viewers: dict[str, Viewer]
    now: datetime
    known: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.core = Engine(self.schema, ceilings=WIDE, open_about_itself=True, compiled=False)
        self.fast = Engine(self.schema, ceilings=WIDE, open_about_itself=True)

    async def learn(self, cart_id: str) -> None:
        """Finds ids, slugs and cursors to ask with; every pool has strangers in it."""
        told = await self.run(self.core, await self.core.prepare(LEARNED, None), {}, "staff")
        assert told.errors is None, told.errors
        data: dict[str, Any] = told.data or {}
        ids, slugs, skus, cursors = [cart_id, "nonsense"], ["nowhere"], ["NO-SUCH-SKU"], ["nonsense"]
        for page in (each for each in data.values() if isinstance(each, dict)):
            ids += [each["id"] for each in page["nodes"][:8]]
            slugs += [each["slug"] for each in page["nodes"] if "slug" in each]
            variants = [each for node in page["nodes"] for each in node.get("variants", ())]
            ids += [each["id"] for each in variants[:8]]
            skus += [each["sku"] for each in variants]
            cursors.append(page.get("pageInfo", {}).get("endCursor"))
        ids += [each["id"] for each in data["warehouses"]]
        orders = data["orders"]["nodes"]
        self.known = {
            "id": ids,
            "ids": ids,
            "variantId": ids,
            "slug": slugs,
            "sku": skus,
            "after": [each for each in cursors if each],
            "before": [each for each in cursors if each],
            "token": [*(each["token"] for each in orders), "nonsense"],
            "number": [*(each["number"] for each in orders), 7],
            "first": [0, 1, 1, 2, 2, 3, 3, 4, 5, 8, 12] * 3 + [100, -1, 101],
            "last": [1, 2],
        }

    async def run(
        self, engine: Engine, prepared: Prepared, variables: dict[str, Any], who: str, **caller: Any
    ) -> ExecutionResult:
        """The result for one of the viewers, in a context of its own, at the tests' present."""
        async with self.open_context(Caller(request_id="test", **caller)) as context:
            assert isinstance(context, Context)
            context.viewer = self.viewers[who]
            context.began = self.now
            return await engine.execute(prepared, variables, context)

    async def compare(self, text: str, variables: dict[str, Any] | None = None, who: str = "guest", **caller: Any) -> Compared:
        """The operation on both; AssertionError unless they give the same bytes and the same errors."""
        prepared = await self.core.prepare(text, None)
        before = self.fast.plans.answered if self.fast.plans else 0
        core = await self.run(self.core, prepared, variables or {}, who, **caller)
        fast = await self.run(self.fast, prepared, variables or {}, who, **caller)
        told = f"as {who} with {variables}:\n{text}"
        assert orjson.dumps(fast.data) == orjson.dumps(core.data), (
            f"{told}\n{fast.data} {fast.errors}\n{core.data} {core.errors}"
        )
        assert _told(fast) == _told(core), f"{told}\n{fast.errors}\n{core.errors}"
        return Compared(core, is_compiled=self.fast.plans is not None and self.fast.plans.answered > before)


@dataclass(frozen=True)
class Compared:
    """What both executors answered, and whether the second did so by a plan alone."""

    result: ExecutionResult
    is_compiled: bool


def _told(result: ExecutionResult) -> list[bytes]:
    """The errors as they are sent, without the addresses of objects that some exceptions name."""
    return sorted(re.sub(rb"0x[0-9a-f]+", b"", orjson.dumps(each.formatted)) for each in result.errors or ())


def bugs(result: ExecutionResult) -> list[str]:
    """What was raised that nobody meant for the caller."""
    causes = [each.original_error for each in result.errors or () if each.original_error is not None]
    return [repr(cause) for cause in causes if not isinstance(cause, GraphQLError) and described(cause) is None]
