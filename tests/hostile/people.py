"""The people of the hostile world, what is theirs, and what they could honestly say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, get_named_type

from schema.ids import global_id
from tests.factors.authenticator import Authenticator
from tests.hostile.doors import selection
from tests.makers.people import PASSWORD, a_customer_token
from tests.makers.trade import Goods
from tests.shop import BERLIN, Shop, Shopper

KEYS = itertools.count(1)
HONEST: dict[str, Any] = {
    "Int": 1,
    "Float": 1.0,
    "Decimal": "10.00",
    "CurrencyCode": "EUR",
    "CountryCode": "DE",
    "LanguageCode": "en",
    "DateTime": "2026-03-01T12:00:00Z",
    "JSON": {},
}
_HONEST_TEXTS = {
    "method": "tok_success",
    "url": "https://example.com/a.png",
    "imageurl": "https://example.com/a.png",
    "returnurl": "https://example.com/back",
    "password": "a-good-long-password-9",
    "newpassword": "a-good-long-password-9",
}


@dataclass(slots=True)
class Person:
    """Somebody who asks; `ids` are those of their own things by type, `token` is None for a guest."""

    name: str
    token: str | None
    email: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    order_token: str = ""


def honest_text(person: Person, name: str) -> str:
    if name == "email":
        return f"somebody-{next(KEYS)}@example.com"
    if name in {"slug", "sku"}:
        return f"{name}-{next(KEYS)}"
    return person.order_token if name == "orderToken" else _HONEST_TEXTS.get(name.lower(), "Text")


def ids_in(answer: Any) -> Iterator[tuple[str, str]]:
    """Types and ids of whatever is in an answer."""
    if isinstance(answer, dict):
        if isinstance(answer.get("id"), str):
            yield answer["__typename"], answer["id"]
        for each in answer.values():
            yield from ids_in(each)
    elif isinstance(answer, list):
        for each in answer:
            yield from ids_in(each)


async def log_in(shop: Shop, email: str) -> str:
    """A new access token."""
    log_in = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { accessToken } }"
    token: str = (await shop.data(log_in, {"input": {"email": email, "password": PASSWORD}}))["tokenCreate"]["accessToken"]
    return token


async def email_of(shop: Shop, token: str) -> str:
    data = await shop.data("{ me { email } staffMe { email } }", token=token)
    email: str = (data["me"] or data["staffMe"])["email"]
    return email


async def _own_things(shop: Shop, schema: GraphQLSchema, token: str, *asked: tuple[str, str]) -> dict[str, str]:
    """The ids behind root fields: one of each type, found in the answers."""
    assert schema.query_type is not None
    found: dict[str, str] = {}
    for name, arguments in asked:
        fields = selection(get_named_type(schema.query_type.fields[name].type), 2)
        # Some fields are for staff alone; what is theirs is there all the same.
        found |= dict(ids_in((await shop.ask(f"{{ {name}{arguments} {fields} }}", token=token))["data"]))
    return found


async def a_buyer(shop: Shop, schema: GraphQLSchema, goods: Goods, name: str, *, has_more_ways_in: bool = False) -> Person:
    """A customer with an address, an order that was paid and given back in part, and a new cart.

    With more ways in than the password, which then does not log in alone.
    """
    token = await a_customer_token(shop)
    shopper = Shopper(shop, f"{name}@example.com", token)
    order = await shopper.orders((goods, 2))
    said = {"input": {"address": BERLIN}}
    await shop.data(
        "mutation($input: AddressCreateInput!) { addressCreate(input: $input) { address { id } } }", said, token=token
    )
    pay = "mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id state } userErrors { code } } }"
    await shop.data(pay, {"input": {"orderId": order["id"], "method": "tok_success"}}, token=token, key=f"pays-{name}")
    shopper.cart = {}
    await shopper.adds(goods, 1)
    if has_more_ways_in:
        await _adds_ways_in(shop, token)
    asked = (("me", ""), ("order", f'(id: "{order["id"]}")'), ("myCart", ""))
    things = await _own_things(shop, schema, token, *asked)
    return Person(name, token, await email_of(shop, token), things, order["token"])


async def _adds_ways_in(shop: Shop, token: str) -> None:
    """A passkey and a linked provider."""
    start = """mutation($input: PasskeyRegistrationStartInput!) {
        done: passkeyRegistrationStart(input: $input) { ceremony { secret options } } }"""
    ceremony = (await shop.data(start, {"input": {"currentPassword": PASSWORD}}, token=token))["done"]["ceremony"]
    key = Authenticator(page=shop.api.settings.passkey_pages[0])
    made = {"ceremony": ceremony["secret"], "credential": key.creates(ceremony["options"])}
    register = "mutation($input: PasskeyRegisterInput!) { done: passkeyRegister(input: $input) { userErrors { code } } }"
    done = await shop.data(register, {"input": {"passkey": made, "name": "Key"}}, token=token)
    assert done["done"]["userErrors"] == []
    linked = """INSERT INTO identity (id, account_id, provider, subject)
        SELECT gen_random_uuid(), id, 'acme', email FROM account WHERE email = $1"""
    await shop.rows.execute(linked, await email_of(shop, token))


async def a_listener(shop: Shop, staff: Person) -> dict[str, str]:
    """A webhook's endpoint, and an app with a key."""
    data = await shop.data(
        """mutation { a: webhookEndpointCreate(input: {url: "https://example.com/hook", eventTypes: [ORDER_PLACED]}) {
             webhookEndpoint { __typename id } userErrors { code } }
           b: appCreate(input: {name: "Hostile", scopes: ["orders:read"]}) { app { __typename id } userErrors { code } } }""",
        token=staff.token,
    )
    found = dict(ids_in(data))
    key = (
        "mutation($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { apiKey { __typename id } userErrors { code } } }"
    )
    said = {"appId": found["App"], "name": "Key", "scopes": ["orders:read"]}
    return found | dict(ids_in(await shop.data(key, {"input": said}, token=staff.token)))


async def a_catalogue(shop: Shop, staff: Person) -> dict[str, str]:
    """A category, a collection and an import."""
    data = await shop.data(
        """mutation { a: categoryCreate(input: {name: "Shirts"}) { category { __typename id } }
           b: collectionCreate(input: {name: "Spring"}) { collection { __typename id } }
           c: productImportStart(input: {csv: "Handle,Title\\nx,X\\n", more: true}) { productImport { __typename id } } }""",
        token=staff.token,
    )
    return dict(ids_in(data))


async def goods_coming_back(shop: Shop, staff: Person, buyer: Person) -> dict[str, str]:
    """A shipment of a buyer's order, and its return that waits for the shop."""
    send = "mutation($i: FulfillmentCreateInput!) { fulfillmentCreate(input: $i) { fulfillment { __typename id } } }"
    ask = "mutation($i: ReturnRequestInput!) { returnRequest(input: $i) { return { __typename id } userErrors { code } } }"
    order, line = buyer.ids["Order"], {"lineId": buyer.ids["OrderLine"], "quantity": 1}
    said = {"orderId": order, "warehouseId": global_id("Warehouse", shop.channel.warehouse_id), "lines": [line]}
    sent = await shop.data(send, {"i": said}, token=staff.token)
    back = {"orderId": order, "lines": [{**line, "reason": "OTHER"}]}
    asked = await shop.data(ask, {"i": back}, token=buyer.token)
    assert asked["returnRequest"]["userErrors"] == []
    return dict(ids_in(sent)) | dict(ids_in(asked))
