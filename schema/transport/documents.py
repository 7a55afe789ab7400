"""Documents that clients name by hash: registered ones, and Apollo's automatic persisted queries.

Registered documents stay; what clients bring is kept while there is room, the longest unused leaving first. Whether a
document is valid is the engine's business.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable

from graphql import GraphQLError

from schema.transport.bodies import Ask, BadRequest


def hash_of(text: str) -> str:
    """SHA-256 of the text's UTF-8 form, in lower-case hex: a document's name on the wire."""
    return hashlib.sha256(text.encode()).hexdigest()


class Documents:
    """Texts by hash. `only_registered` refuses every other text, known or sent in full (trusted documents)."""

    def __init__(self, registered: Iterable[str] = (), *, only_registered: bool = False, bytes_max: int = 4_000_000) -> None:
        self._registered = {hash_of(text): text for text in registered}
        self._only_registered = only_registered
        self._brought: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0
        self._bytes_max = bytes_max

    def register(self, texts: Iterable[str]) -> None:
        """From now on these are the registered documents, and no others."""
        self._registered = {hash_of(text): text for text in texts}

    def text_of(self, ask: Ask) -> str:
        """The text to run; BadRequest when it does not match its hash, GraphQLError when the hash is not known."""
        if self._only_registered:
            return self._trusted(ask)
        if ask.hash is None:
            return ask.query or ""
        if ask.query is None:
            text = self._registered.get(ask.hash) or self._brought.get(ask.hash)
            if text is None:
                raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
            if ask.hash in self._brought:
                self._brought.move_to_end(ask.hash)
            return text
        if not hmac.compare_digest(hash_of(ask.query), ask.hash):
            raise BadRequest("The query does not match persistedQuery.sha256Hash.", code="PERSISTED_QUERY_MISMATCH")
        return ask.query

    def keep(self, ask: Ask) -> None:
        """Remember a text that came with its hash; called once it has proved valid, so that rubbish displaces nothing."""
        if ask.hash is None or ask.query is None or ask.hash in self._registered or ask.hash in self._brought:
            return
        size = len(ask.query.encode())
        if self._only_registered or size > self._bytes_max:
            return
        self._brought[ask.hash] = ask.query
        self._bytes += size
        while self._bytes > self._bytes_max:
            _, text = self._brought.popitem(last=False)
            self._bytes -= len(text.encode())

    def _trusted(self, ask: Ask) -> str:
        text = self._registered.get(ask.hash or hash_of(ask.query or ""))
        if text is None or (ask.query is not None and ask.query != text):
            raise GraphQLError("Only registered documents run here.", extensions={"code": "PERSISTED_QUERY_ONLY"})
        return text
