"""One schema out of every concept's questions, deeds and live fields; refused unless every field says who may ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, GraphQLUnionType
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types.field import StrawberryField

from schema import localization, node, requirements
from schema.access import errors as access_errors
from schema.access import mailing as access_mailing
from schema.access import mutations as access_mutations
from schema.apps import errors as app_errors
from schema.apps import mutations as app_mutations
from schema.apps import queries as app_queries
from schema.audit import queries as audit_queries
from schema.carts import errors as cart_errors
from schema.carts import mutations as cart_mutations
from schema.carts import queries as cart_queries
from schema.catalog import errors as catalog_errors
from schema.catalog import grouping as catalog_grouping
from schema.catalog import imports as catalog_imports
from schema.catalog import mutations as catalog_mutations
from schema.catalog import queries as catalog_queries
from schema.channels import mutations as channel_mutations
from schema.cost import pricing
from schema.customers import errors as customer_errors
from schema.customers import mutations as customer_mutations
from schema.customers import privacy as customer_privacy
from schema.customers import queries as customer_queries
from schema.directives import CLIENT_DIRECTIVES
from schema.drafts import errors as draft_errors
from schema.drafts import mutations as draft_mutations
from schema.drafts import queries as draft_queries
from schema.edits import errors as edit_errors
from schema.edits import mutations as edit_mutations
from schema.errors import collected
from schema.execution.fields import ROOTS, VIEWS, shown_of
from schema.execution.fields import rule_of as rule_of
from schema.factors import errors as factor_errors
from schema.factors import mutations as factor_mutations
from schema.factors import passkeys as passkey_mutations
from schema.fulfillments import errors as fulfillment_errors
from schema.fulfillments import mutations as fulfillment_mutations
from schema.identities import errors as identity_errors
from schema.identities import mutations as identity_mutations
from schema.identities import queries as identity_queries
from schema.invoices import errors as invoice_errors
from schema.invoices import mutations as invoice_mutations
from schema.invoices import queries as invoice_queries
from schema.notices import deliveries as notice_deliveries
from schema.notices import errors as notice_errors
from schema.notices import mutations as notice_mutations
from schema.notices import preferences as notice_preferences
from schema.notices import preferring as notice_preferring
from schema.notices import queries as notice_queries
from schema.notices import resending as notice_resending
from schema.notices import templates as notice_templates
from schema.notifications import mutations as notification_mutations
from schema.notifications import queries as notification_queries
from schema.notifications import subscriptions as notification_subscriptions
from schema.orders import errors as order_errors
from schema.orders import mutations as order_mutations
from schema.orders import queries as order_queries
from schema.orders import reordering
from schema.orders import subscriptions as order_subscriptions
from schema.payments import errors as payment_errors
from schema.payments import mutations as payment_mutations
from schema.payments import queries as payment_queries
from schema.payments import report as payment_report
from schema.payments import settlements as payment_settlements
from schema.payments import settling as payment_settling
from schema.payments import staff as payment_staff
from schema.permissions import EVERYONE, Rule
from schema.prices import mutations as price_mutations
from schema.returns import errors as return_errors
from schema.returns import mutations as return_mutations
from schema.returns import queries as return_queries
from schema.scalars import SCALARS
from schema.staff import errors as staff_errors
from schema.staff import mutations as staff_mutations
from schema.staff import queries as staff_queries
from schema.stock import mutations as stock_mutations
from schema.stock import queries as stock_queries
from schema.webhooks import errors as webhook_errors
from schema.webhooks import mutations as webhook_mutations
from schema.webhooks import queries as webhook_queries
from schema.webhooks import subscriptions as webhook_subscriptions

QUERIES: tuple[ModuleType, ...] = (
    localization,
    node,
    catalog_queries,
    staff_queries,
    app_queries,
    identity_queries,
    customer_queries,
    cart_queries,
    order_queries,
    draft_queries,
    return_queries,
    payment_queries,
    payment_report,
    payment_settlements,
    stock_queries,
    notice_queries,
    notice_deliveries,
    notice_templates,
    notice_preferences,
    notification_queries,
    audit_queries,
    webhook_queries,
    invoice_queries,
)
MUTATIONS: tuple[ModuleType, ...] = (
    catalog_mutations,
    catalog_grouping,
    price_mutations,
    catalog_imports,
    access_mutations,
    access_mailing,
    channel_mutations,
    staff_mutations,
    app_mutations,
    factor_mutations,
    passkey_mutations,
    identity_mutations,
    customer_mutations,
    customer_privacy,
    cart_mutations,
    order_mutations,
    draft_mutations,
    edit_mutations,
    reordering,
    fulfillment_mutations,
    return_mutations,
    payment_mutations,
    payment_staff,
    payment_settling,
    stock_mutations,
    webhook_mutations,
    notice_mutations,
    notice_resending,
    notice_preferring,
    notification_mutations,
    invoice_mutations,
)
SUBSCRIPTIONS: tuple[ModuleType, ...] = (order_subscriptions, webhook_subscriptions, notification_subscriptions)
ERRORS = collected(
    catalog_errors.ERRORS,
    access_errors.ERRORS,
    staff_errors.ERRORS,
    app_errors.ERRORS,
    factor_errors.ERRORS,
    identity_errors.ERRORS,
    customer_errors.ERRORS,
    cart_errors.ERRORS,
    draft_errors.ERRORS,
    order_errors.ERRORS,
    edit_errors.ERRORS,
    fulfillment_errors.ERRORS,
    return_errors.ERRORS,
    payment_errors.ERRORS,
    webhook_errors.ERRORS,
    notice_errors.ERRORS,
    invoice_errors.ERRORS,
)


def _fields(modules: Iterable[ModuleType]) -> list[StrawberryField]:
    return [each for module in modules for each in vars(module).values() if isinstance(each, StrawberryField)]


def build(config: StrawberryConfig | None = None) -> strawberry.Schema:
    """The schema, with every field guarded and every interface knowing its types."""
    mutations, subscriptions = _fields(MUTATIONS), _fields(SUBSCRIPTIONS)
    schema = strawberry.Schema(
        query=create_type("Query", _fields(QUERIES), description="What can be asked."),
        mutation=create_type("Mutation", mutations, description="What can be done.") if mutations else None,
        subscription=create_type("Subscription", subscriptions, description="What can be watched.") if subscriptions else None,
        types=ERRORS,
        directives=CLIENT_DIRECTIVES,
        config=config or StrawberryConfig(scalar_map=SCALARS),
    )
    secure(executable(schema))
    _introduce_inputs(executable(schema))
    pricing.show(executable(schema))
    requirements.show(executable(schema))
    return schema


def _introduce_inputs(schema: GraphQLSchema) -> None:
    """Every mutation's one argument means the same, so it is described once, here."""
    for field in schema.mutation_type.fields.values() if schema.mutation_type is not None else ():
        for argument in field.args.values():
            argument.description = argument.description or "What is asked for."


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema inside Strawberry's."""
    return schema._schema  # noqa: SLF001 - Strawberry offers no other way to it


def secure(schema: GraphQLSchema) -> None:
    """Puts each field's rule before its resolver, and tells interfaces and unions which type a view is shown as."""
    names: dict[type, str] = {}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for view in shown_of(kind).views if "strawberry-definition" in kind.extensions and kind.name not in ROOTS else ():
                names[view] = kind.name
            kind.is_type_of = None
            for name, field in kind.fields.items():
                rule = rule_of(kind, name)
                if rule != EVERYONE:
                    field.resolve = _guarded(field.resolve, rule)
                    # Before the stream opens, and again at each event: who watches may have lost what it takes meanwhile.
                    field.subscribe = _guarded(field.subscribe, rule) if field.subscribe is not None else None
    for kind in schema.type_map.values():
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            kind.resolve_type = lambda value, _info, _kind: names.get(type(value))
    schema.extensions = {**schema.extensions, VIEWS: names}


def _guarded(resolve: Callable[..., Any] | None, rule: Rule) -> Callable[..., Any]:
    if resolve is None:
        raise TypeError("a guarded field has a resolver")

    def guarded(source: Any, info: Any, **given: Any) -> Any:
        viewer = info.context.viewer
        if not rule.admits(viewer):
            raise rule.refusal(viewer)
        return resolve(source, info, **given)

    return guarded


if __name__ == "__main__":
    Path(__file__).with_name("schema.graphql").write_text(build().as_str() + "\n")
