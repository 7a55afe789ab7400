"""The tasks that write about returns: to staff when one is asked for, to the buyer about what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from domain.error import UserError
from domain.ids import OrderId, ReturnId
from domain.notices.model import NoticeKind
from domain.returns.model import ReturnFacts
from gateways.letters.render import order_letter
from persistence.unit import UnitOfWork
from workers.notices import about_order, way_to, write_to_buyer
from workers.tasks import Fact, Failed, InTransaction, Tools

_LISTED_MAX = 20


def about_return(kind: NoticeKind) -> InTransaction:
    """The task that writes this letter to the buyer of an order, about one of its returns."""

    async def tell(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
        facts = await unit.returns.facts(ReturnId(fact.id("return_id")))
        if order is None or facts is None:
            return Failed(reason=f"{fact.kind} names no return")
        status = str(fact.fields["fulfillment_status"])
        said = {"goods": _goods(facts), "because": facts.decline_reason}
        letter = order_letter(kind, order, status=status, way=way_to(tools, order.id), said=said)
        await write_to_buyer(unit, fact, tools, order, letter)
        return None

    return tell


async def tell_refund(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the buyer that money has gone back, in other words when it is for goods that they have sent back."""
    of_return = await unit.returns.of_refund(fact.id("refund_id")) is not None
    return await about_order(NoticeKind.RETURN_REFUNDED if of_return else NoticeKind.REFUNDED)(unit, fact, tools)


async def asked_for(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """What staff is told of a return that a buyer asks for."""
    order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
    facts = await unit.returns.facts(ReturnId(fact.id("return_id")))
    if order is None or facts is None:
        return None
    return {"number": str(order.number), "goods": _goods(facts), "because": facts.note or "-"}


def _goods(facts: ReturnFacts) -> str:
    named = [
        f"{each.quantity} x {' · '.join(part for part in (each.product_name, each.variant_name) if part)} ({each.sku})"
        for each in facts.lines[:_LISTED_MAX]
    ]
    return ", ".join([*named, "..."] if len(facts.lines) > _LISTED_MAX else named) or "-"
