"""Whatever may be asked is answered alike by both executors: random operations over the whole schema, on real data.

`OPERATIONS=20000 SEED=7` in the environment asks for more, or for the same ones again.
"""

from __future__ import annotations

import os
import random
import time

from schema.execution.engine import Rejected
from tests.execution.documents import Author
from tests.execution.world import Both, bugs

OPERATIONS = int(os.environ.get("OPERATIONS", "2000"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1_000_000)))


async def test_random_operations_are_answered_alike_by_both_executors(both: Both) -> None:
    print(f"SEED={SEED} OPERATIONS={OPERATIONS}")  # noqa: T201 - shown when it fails, to do it again
    chance = random.Random(SEED)
    author = Author(both.schema, chance, both.known)
    counts = dict.fromkeys(("run", "compiled", "invalid", "erroneous", "fields"), 0)
    while counts["run"] < OPERATIONS:
        text, variables = author.operation()
        try:
            prepared = await both.core.prepare(text, None)
        except Rejected:
            counts["invalid"] += 1
            continue
        who = chance.choice(("guest", "customer", "staff", "staff", "staff", "clerk"))
        compared = await both.compare(text, variables, who)
        assert bugs(compared.result) == [], f"as {who} with {variables}:\n{text}"
        counts["run"] += 1
        counts["fields"] += prepared.weight.fields
        counts["compiled"] += compared.is_compiled
        counts["erroneous"] += bool(compared.result.errors)
        # Staff who may everything is answered by a plan unless something is wrong with the operation's values.
        assert compared.is_compiled or compared.result.errors or who != "staff", f"not compiled:\n{text}"
    print(counts)  # noqa: T201 - as above
    assert counts["invalid"] < OPERATIONS
    assert counts["compiled"] > OPERATIONS / 3
