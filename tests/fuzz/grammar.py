"""Makes requests that nobody would send: documents, bodies, parameters, headers and frames, right ones bent a little or much."""

from __future__ import annotations

import json
import random
from typing import Any

from graphql import GraphQLSchema

from tests.execution.documents import Author
from tests.hostile.values import ODD_TEXTS

KNOWN: dict[str, list[Any]] = {
    "id": ["nonsense", "AaH9MhZtfU2NhO4uyvkMSsMcyVuxeDrAnuO3FEHw0uM", "", "x" * 300],
    "ids": ["nonsense", ""],
    "first": [0, 1, 5, 100, 101, -1, 2**31 - 1],
    "last": [1, 101],
    "after": ["nonsense", "bm9uc2Vuc2U="],
    "before": ["nonsense"],
    "email": ["fuzz@example.com", "nonsense", ""],
    "password": ["", "x" * 200, "correct horse battery"],
}
WORDS = (
    *"{ } ( ) [ ] : ! $ @ ... on query mutation fragment subscription null".split(),
    *(
        '"',
        '"""',
        "#",
        "&",
        "|",
        "=",
        "-1",
        "1e999",
        "0x1",
        "\\u{110000}",
        "\ufeff",
        "__typename",
        "__schema",
        "@skip(if:",
        ",",
    ),
)
TEXTS = (*(each for each in ODD_TEXTS if len(each) < 1_000), "\ud800", "İ", "\x7f", "a" * 5_000)
PLAIN: tuple[Any, ...] = (None, True, 0, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 1.5, 1e300, "", "x", [], {}, [[]], {"a": {}})
RAW_BODIES = (
    *(b"", b"null", b"[]", b'"x"', b"5", b"{", b'{"query":', b"\xef\xbb\xbf{}", b"\x00", b"{}{}", b"NaN", b"Infinity", b"-0"),
    *('{"query":"{__typename}"}'.encode("utf-16"), b'{"query":"\xff"}', b'{"query":"\\ud800"}', b"9" * 5_000, b"1e400"),
    *(b"[" * 50_000, b'{"a":' * 50_000, b'{"query":"{__typename}","variables":{"a":' + b"9" * 5_000 + b"}}"),
    *(b'{"query":"{__typename}","query":"{nope}"}', b'{"query":"{__typename}","variables":{"a":NaN}}', b"\x1f\x8b\x08\x00"),
    *(
        b'{"query":"' + b"x" * 250_000 + b'"}',
        b'{"query":"' + b"x" * 300_000 + b'"}',
        b"query=%7B__typename%7D",
        b"--b\r\n\r\n",
    ),
)
DOCUMENTS = (
    *("{" * 5_000, "{a" * 500 + "}" * 500, "{a(b:" + "[" * 5_000, "{a(b:" + "{c:" * 900, "query($a:" + "[" * 900 + "Int"),
    *(
        "{" + " ".join(f"a{n}:__typename" for n in range(10_000)) + "}",
        "{...A} fragment A on Query{...B} fragment B on Query{...A}",
    ),
    *(
        "{" + "...{__typename}" * 1_000 + "}",
        "{__typename " + "@skip(if:false)" * 10_000 + "}",
        "query A{__typename} query B{__typename}",
    ),
    *(
        "{__proto__}",
        '"""' + "x" * 60_000,
        "#" * 60_000,
        "#\n" * 30_000,
        "{__typename @defer}",
        "{... @defer {__typename}}",
        "\x00",
        " ",
    ),
    *(
        "subscription{__typename}",
        "{__type(name:5){name}}",
        "query($a:Nope){__typename}",
        "mutation{__typename}",
        "fragment A on A{a}",
    ),
)
HEADERS: tuple[tuple[str, str], ...] = (
    *(
        ("Authorization", each)
        for each in ("Bearer", "Bearer x", "Basic eDp5", "Bearer " + "a" * 5_000, "Bearer a.b.c", "bearer\tx")
    ),
    *(("Idempotency-Key", each) for each in ("", "x", "x" * 255, "x" * 256, "a b", "é")),
    *(
        ("Accept", each)
        for each in ("", "*/*", "image/png", "text/html", "application/json;q=x", "," * 900, "text/event-stream", "a" * 3_000)
    ),
    *(
        ("Content-Type", each)
        for each in ("", "text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=b", "x")
    ),
    *(("Accept-Language", each) for each in ("de", "*", "x" * 600, "de;q=abc", "en-" + "a-" * 100)),
    *(("X-Channel", each) for each in ("web", "nope", "a b", "x" * 65)),
    *(
        ("X-Currency", "EURO"),
        ("X-Country", "'"),
        ("Cookie", "a=b; " * 500),
        ("Content-Encoding", "gzip"),
        ("If-None-Match", "*,,W/"),
    ),
    *(
        ("X-Request-Id", "x" * 100),
        ("X-Request-Id", "'"),
        ("X-Big", "x" * 40_000),
        ("Origin", "https://evil.test"),
        ("Range", "bytes=0-1"),
    ),
)


class Fuzz:
    """One case after another, the same ones for the same seed."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self.chance = random.Random(seed)
        self._schema = schema
        self._author = Author(schema, self.chance, KNOWN)

    def often(self, probability: float) -> bool:
        return self.chance.random() < probability

    def value(self, depth: int = 3) -> Any:
        """Any JSON value."""
        if depth and self.often(0.3):
            names = ("id", "query", "type", "__proto__", "input", "first")
            return {self.chance.choice(names): self.value(depth - 1) for _ in range(self.chance.randint(0, 3))}
        if depth and self.often(0.2):
            return [self.value(depth - 1) for _ in range(self.chance.randint(0, 3))]
        return self.chance.choice((*PLAIN, *TEXTS))

    def document(self) -> tuple[str, dict[str, Any]]:
        """A document and its variables: mostly what the schema allows, then bent."""
        kind = self.chance.random()
        if kind < 0.05:
            return self.chance.choice(DOCUMENTS), {}
        if kind < 0.15:
            return " ".join(self.chance.choice(WORDS) for _ in range(self.chance.randint(1, 60))), {}
        if kind < 0.35:
            text, variables = self._mutation(), dict[str, Any]()
        else:
            text, variables = self._author.operation()
        if self.often(0.4):
            text = self._bent(text)
        if self.often(0.3):
            variables = {**variables, **dict.fromkeys(variables, self.value())}
        return text, variables

    def body(self) -> bytes:
        """The body of a POST."""
        if self.often(0.08):
            return self.chance.choice(RAW_BODIES)
        text, variables = self.document()
        said: dict[str, Any] = {"query": text, "variables": variables}
        if self.often(0.15):
            said["operationName"] = self.chance.choice(("Q", "", "nope", 5, None))
        if self.often(0.15):
            said["extensions"] = self.extensions()
        if self.often(0.1):
            said[self.chance.choice(("query", "variables", "extensions", "other"))] = self.value()
        data = _json(said)
        if self.often(0.1):
            place = self.chance.randrange(len(data))
            data = data[:place] + self.chance.randbytes(self.chance.randint(0, 4)) + data[place + self.chance.randint(0, 9) :]
        return data

    def extensions(self) -> Any:
        """What stands beside a query."""
        persisted = {"version": self.chance.choice((1, 2, "1")), "sha256Hash": self.chance.choice(("0" * 64, "x", 5, None))}
        return self.chance.choice(
            ({"persistedQuery": persisted}, {"cost": True, "statements": True, "rateLimit": True}, self.value())
        )

    def headers(self) -> list[tuple[str, str]]:
        """Headers beside the usual ones."""
        return [self.chance.choice(HEADERS) for _ in range(self.chance.choice((0, 0, 0, 1, 1, 2, 5)))]

    def frame(self) -> str | bytes:
        """One message on a socket."""
        if self.often(0.06):
            return self.chance.randbytes(self.chance.randint(0, 50))
        if self.often(0.06):
            return self.chance.choice(("", "{", "null", "[]", "5", '"x"', "[" * 9_000, "x" * 70_000, '{"type":5}', "{}"))
        kinds = ("subscribe", "subscribe", "subscribe", "complete", "ping", "pong", "connection_init", "start", None)
        message: dict[str, Any] = {
            "type": self.chance.choice(kinds),
            "id": self.chance.choice(("1", "2", "3", "", 5, "x" * 200)),
        }
        if self.often(0.8):
            text, variables = self.document()
            message["payload"] = {"query": text, "variables": variables}
        if self.often(0.1):
            message["payload"] = self.value()
        return _json(message).decode()

    def _mutation(self) -> str:
        mutation = self._schema.mutation_type
        assert mutation is not None
        # Names of its own for what it declares.
        self._author.operation()
        self._author._declared.clear()
        self._author._variables.clear()
        name, field = self.chance.choice(list(mutation.fields.items()))
        given = ", ".join(
            f"{each}: {_written(self._author._plain(each, argument.type, 3))}" for each, argument in field.args.items()
        )
        return f"mutation {{ {name}{f'({given})' if given else ''} {{ userErrors {{ code message path }} }} }}"

    def _bent(self, text: str) -> str:
        """The text with a piece missing, doubled or strange."""
        for _ in range(self.chance.randint(1, 3)):
            place = self.chance.randrange(len(text) + 1)
            piece = self.chance.choice((*WORDS, *TEXTS[:6], text[place : place + 20], ""))
            text = text[:place] + piece + text[place + self.chance.randint(0, 8) :]
        return text


def _json(value: Any) -> bytes:
    """Also what is no UTF-8, as an escape."""
    return json.dumps(value).encode()


def _written(value: Any) -> str:
    """A literal of GraphQL; enums are the author's words."""
    match value:
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            return f"{{{', '.join(f'{name}: {_written(each)}' for name, each in value.items())}}}"
    return str(value) if type(value) is not str and isinstance(value, str) else json.dumps(value)
