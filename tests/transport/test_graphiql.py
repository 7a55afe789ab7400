"""The explorer: a page and files that are all ours, under a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import httpx2
from graphql import parse

from schema.transport.graphiql import tabs_of
from tests.transport.conftest import Served
from tests.transport.world import World, endpoint

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
EXAMPLES = Path(__file__).parents[2] / "schema" / "transport" / "examples"


async def test_a_browser_gets_the_page_under_a_strict_policy(served: Served) -> None:
    async with httpx2.AsyncClient() as client:
        page = await client.get(served.http_url, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"""(src|href|action|url)\s*[=(]\s*["']?(https?:)?//""", page.text)
    assert not re.search(r"<script(?![^>]* src=)(?![^>]*application/json)", page.text)


async def test_every_file_of_the_page_is_served_for_ever_and_packed(served: Served) -> None:
    async with httpx2.AsyncClient() as client:
        page = await client.get(served.http_url, headers=BROWSER)
        paths = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
        assert len(paths) == 6
        for path in paths:
            plain = await client.get(f"http://{served.host}{path}", headers={"accept-encoding": "identity"})
            assert plain.status_code == 200
            assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert plain.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}
            assert "content-encoding" not in plain.headers
            async with client.stream("GET", f"http://{served.host}{path}", headers={"accept-encoding": "gzip, br"}) as packed:
                assert packed.headers["content-encoding"] == "gzip"
                raw = b"".join([chunk async for chunk in packed.aiter_raw()])
            assert gzip.decompress(raw) == plain.content


async def test_nothing_but_the_listed_files_is_served(served: Served) -> None:
    async with httpx2.AsyncClient() as client:
        page = await client.get(served.http_url, headers=BROWSER)
        found = re.search(r'src="(/[^"]+/)react', page.text)
        assert found
        for name in (
            "explorer.html",
            "../graphiql.py",
            "..%2fgraphiql.py",
            "%2e%2e/caller.py",
            "",
            "react-18.2.0.min.js/",
            "x%00",
        ):
            response = await client.get(f"http://{served.host}{found[1]}{name}")
            assert response.status_code == 404, name
        stale = await client.get(f"http://{served.host}/graphql/assets/000000000000/explorer.js")
        assert (stale.status_code, stale.headers["cache-control"]) == (404, "no-store")


async def test_only_who_names_html_gets_the_page(client: httpx2.AsyncClient) -> None:
    for accept in ("*/*", "application/json", ""):
        response = await client.get("/graphql", headers={"accept": accept})
        assert (response.status_code, response.headers["content-type"]) == (400, "application/json; charset=utf-8")


async def test_where_it_is_switched_off_a_browser_gets_json(world: World) -> None:
    transport = httpx2.ASGITransport(endpoint(world, explorer=False))
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        response = await client.get("/graphql", headers=BROWSER, params={"query": "{ hello }"})
    assert response.json() == {"data": {"hello": "hello world"}}


def test_examples_become_tabs_with_their_variables_and_headers(tmp_path: Path) -> None:
    (tmp_path / "02-second.graphql").write_text("# Two\nquery Two($a: Int) { hello }\n")
    (tmp_path / "02-second.json").write_text('{"variables": {"a": 1}, "headers": {"Authorization": "Bearer x"}}')
    (tmp_path / "01-first.graphql").write_text("# One </script>\n{ hello }\n")
    first, second = tabs_of(tmp_path)
    assert first == {"query": "# One </script>\n{ hello }\n"}
    assert json.loads(second["variables"]) == {"a": 1}
    assert json.loads(second["headers"]) == {"Authorization": "Bearer x"}


def test_every_example_opens_with_its_title_and_names_its_operation() -> None:
    files = sorted(EXAMPLES.glob("*.graphql"))
    assert files
    for file in files:
        text = file.read_text()
        assert text.startswith("# "), file.name
        assert all(node.to_dict()["name"] for node in parse(text).definitions), file.name
