"""Every mutation says how it is made safe to repeat, or why it need not, or is known to cost no money, no stock and no message."""

from __future__ import annotations

from graphql import GraphQLSchema

from schema.execution.fields import declared_of
from schema.mutations import Keyed, key_rule_of
from schema.root import build, executable

FREE = (
    *("product", "category", "collection", "variantPrices", "invoiceSettings", "channel"),
    *("cart", "address", "customerUpdate", "messagePreferences", "notificationsRead"),
    *("webhookEndpoint", "webhookSecret", "messageTemplateUpdate", "messageTemplateReset"),
    *("role", "staffUpdate", "staffActivate", "staffDeactivate", "app", "apiKey", "connectedApp"),
    *("sessionEnd", "tokenRe", "tokensRevoke", "emailVerify", "passkeyRename"),
    *("mfaEnroll", "mfaPasskeyStart", "passkeyRegistrationStart", "passkeyLogInStart", "socialLoginStart", "identityLinkStart"),
)
"""How the names begin of mutations that cost no money, no stock and no message."""
_ONCE = "It changes a thing once: said again it finds it changed, and no second letter goes out."
_SECRET = "The secret that it shows is good once, and so is its letter."
_LOG_IN = "Tokens are kept nowhere and cannot be told again; a device is told of once."
HARMLESS = {
    "invoiceCreate": "An order has one invoice; asked for again it is the same.",
    "paymentCancel": "An attempt is called off once; the second time it is off already.",
    "paymentMethodDelete": "A method is forgotten once; the second time it is not there.",
    **dict.fromkeys(("passwordChange", "mfaDisable", "passkeyRemove", "identityUnlink"), _ONCE),
    **dict.fromkeys(("passwordReset", "emailChangeConfirm", "mfaConfirm", "passkeyRegister", "identityLinkComplete"), _SECRET),
    **dict.fromkeys(("tokenCreate", "mfaChallengeComplete", "passkeyLogIn", "socialLoginComplete"), _LOG_IN),
    "mfaRecoveryCodesRegenerate": "Its codes are shown once and kept nowhere: whoever lost them makes others, and is told so.",
}
"""What costs something and takes no key, and why repeating it is harmless."""
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
    unkeyed = {name for name, rule in rules.items() if rule is None and not name.startswith(FREE)}
    assert unkeyed == HARMLESS.keys(), "mark them with @keyed, or say why repeating them is harmless, or that they are free"
    freed = {name for name, rule in rules.items() if rule is not None and name.startswith(FREE)}
    assert freed == set(), "what takes a key costs something"


def test_what_moves_money_out_of_somebodys_pocket_is_done_under_a_key_only() -> None:
    assert {name for name, rule in _rules().items() if rule is Keyed.REQUIRED} == REQUIRED
