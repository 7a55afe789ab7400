"""What the engine remembers of documents, and how little strangers can make it remember."""

from __future__ import annotations

import pytest

from schema.execution.engine import Engine, Rejected
from schema.limits import Ceilings
from tests.transport.world import core_schema


def engine(documents_max: int = 3, tokens_max: int = 1_000) -> Engine:
    return Engine(
        core_schema(), ceilings=Ceilings(), open_about_itself=True, documents_max=documents_max, tokens_max=tokens_max
    )


async def test_a_known_document_is_not_parsed_again() -> None:
    known = engine()
    first = await known.prepare("query A { hello }", None)
    assert await known.prepare("query A { hello }", "A") is first
    assert (first.name, first.kind.value, first.weight.fields) == ("A", "query", 1)


async def test_the_longest_unused_document_leaves_first() -> None:
    known = engine(documents_max=2)
    first = await known.prepare("query A { hello }", None)
    second = await known.prepare("query B { hello }", None)
    assert await known.prepare("query A { hello }", None) is first
    await known.prepare("query C { hello }", None)
    assert await known.prepare("query A { hello }", None) is first
    assert await known.prepare("query B { hello }", None) is not second


async def test_large_documents_displace_more_than_small_ones() -> None:
    known = engine(documents_max=100, tokens_max=100)
    small = await known.prepare("query A { hello }", None)
    await known.prepare("{" + " hello" * 90 + "}", None)
    assert await known.prepare("query A { hello }", None) is not small


async def test_an_invalid_document_is_not_remembered_and_says_all_that_is_wrong() -> None:
    known = engine(documents_max=1)
    first = await known.prepare("query A { hello }", None)
    with pytest.raises(Rejected) as rejected:
        await known.prepare("{ one two }", None)
    assert [error.message for error in rejected.value.errors] == [
        "Cannot query field 'one' on type 'Query'.",
        "Cannot query field 'two' on type 'Query'.",
    ]
    assert await known.prepare("query A { hello }", None) is first
