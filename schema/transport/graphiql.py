"""GraphiQL, served whole by us: the page with its example tabs, and its files from a fixed list, under a strict CSP.

Works without the internet. The examples are `examples/*.graphql`, one tab a file in the order of their names; the first
comment says what it shows, a JSON file of the same name may give `variables` and `headers`.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from graphql import OperationDefinitionNode, parse
from starlette.types import Receive, Scope, Send

_HERE = Path(__file__).parent
_KINDS = {".js": b"text/javascript; charset=utf-8", ".css": b"text/css; charset=utf-8", ".txt": b"text/plain; charset=utf-8"}
_FILES = (
    "react-18.2.0.min.js",
    "react-dom-18.2.0.min.js",
    "graphiql-3.8.3.min.js",
    "graphiql-3.8.3.min.css",
    "explorer.js",
    "explorer.css",
    "LICENSES.txt",
)
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOREVER = b"public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    kind: bytes


@functools.cache
def _assets() -> dict[str, _Asset]:
    return {name: _Asset((_HERE / "static" / name).read_bytes(), _KINDS[Path(name).suffix]) for name in _FILES}


class Explorer:
    """The page and its files. `assets_path` is where the files are mounted; `Explorer.asset` answers below it."""

    def __init__(self, assets_path: str, examples: Path = _HERE / "examples") -> None:
        self._assets = _assets()
        # The version in the path changes with any file, so that they may be kept for ever.
        version = hashlib.sha256(b"".join(asset.content for asset in self._assets.values())).hexdigest()[:12]
        self._prefix = f"{assets_path.rstrip('/')}/{version}/"
        self._packed: dict[str, bytes] = {}
        template = (_HERE / "static" / "explorer.html").read_text()
        # "<" is escaped so that no example can end the script element that carries it.
        tabs = json.dumps(tabs_of(examples)).replace("<", "\\u003c")
        self._page = template.replace("{assets}", self._prefix.rstrip("/")).replace("{examples}", tabs).encode()

    async def page(self, send: Send) -> None:
        """Answer with the page."""
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(self._page)).encode()),
            (b"content-security-policy", _POLICY),
            (b"cache-control", b"no-cache"),
            (b"vary", b"Accept"),
        ]
        await _respond(send, 200, headers, self._page)

    async def asset(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with the file that the path names exactly, else 404; packed once for who takes gzip."""
        name = scope["path"].removeprefix(self._prefix)
        asset = self._assets.get(name)
        if asset is None or scope["path"] != self._prefix + name or scope["method"] not in {"GET", "HEAD"}:
            await _respond(send, 404, [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")], b"Not found")
            return
        headers = [(b"content-type", asset.kind), (b"cache-control", _FOREVER), (b"vary", b"Accept-Encoding")]
        content = asset.content
        if any(key == b"accept-encoding" and b"gzip" in value for key, value in scope["headers"]):
            content = await self._packed_content(name, asset)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(content)).encode()))
        await _respond(send, 200, headers, b"" if scope["method"] == "HEAD" else content)

    async def _packed_content(self, name: str, asset: _Asset) -> bytes:
        if name not in self._packed:
            # Megabytes take a moment: off the event loop, the first time only.
            self._packed[name] = await asyncio.to_thread(gzip.compress, asset.content, 6)
        return self._packed[name]


def tabs_of(folder: Path) -> list[dict[str, str]]:
    """The example tabs in the folder, as GraphiQL takes them: `query`, and `variables` and `headers` as JSON text."""
    tabs: list[dict[str, str]] = []
    for file in sorted(folder.glob("*.graphql")):
        tab = {"query": file.read_text()}
        beside = file.with_suffix(".json")
        if beside.exists():
            given = json.loads(beside.read_text())
            tab |= {part: json.dumps(given[part], indent=2) for part in ("variables", "headers") if part in given}
        tabs.append(tab)
    return tabs


def named_examples(folder: Path = _HERE / "examples") -> frozenset[str]:
    """The names of all operations in the examples: known names, which metrics may tell apart."""
    return frozenset(
        node.name.value
        for file in folder.glob("*.graphql")
        for node in parse(file.read_text()).definitions
        if isinstance(node, OperationDefinitionNode) and node.name is not None
    )


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
