"""Every mutation that costs money, stock or a message by its name says how it is made safe to repeat, or why it need not."""

from __future__ import annotations

from graphql import GraphQLSchema

from schema.execution.fields import declared_of
from schema.mutations import Keyed, key_rule_of
from schema.root import build, executable

COSTLY = (
    *("payment", "refund", "settlement", "stock", "order", "checkout", "fulfillment", "shipment", "return", "draft"),
    *("invoiceCreate", "giftCard", "messageTemplateTest"),
)
"""How the names of mutations that cost something begin."""
HARMLESS = {
    "invoiceCreate": "An order has one invoice; asked for again it is the same.",
    "paymentCancel": "An attempt is called off once; the second time it is off already.",
    "paymentMethodDelete": "A method is forgotten once; the second time it is not there.",
}
REQUIRED = {"paymentCreate", "paymentCapture", "paymentMarkReceived", "refundCreate", "returnRefund"}


def _rules() -> dict[str, Keyed | None]:
    schema: GraphQLSchema = executable(build())
    assert schema.mutation_type is not None
    rules: dict[str, Keyed | None] = {}
    for name in schema.mutation_type.fields:
        declared = declared_of(schema.mutation_type, name)
        assert declared is not None
        assert declared.root is not None
        rules[name] = key_rule_of(declared.root)
    return rules


def test_what_costs_something_is_keyed() -> None:
    rules = _rules()
    unkeyed = {name for name, rule in rules.items() if name.startswith(COSTLY) and rule is None}
    assert unkeyed - HARMLESS.keys() == set(), "mark them with @keyed, or say why repeating them is harmless"
    assert rules.keys() >= HARMLESS.keys()


def test_what_moves_money_out_of_somebodys_pocket_is_done_under_a_key_only() -> None:
    assert {name for name, rule in _rules().items() if rule is Keyed.REQUIRED} == REQUIRED
