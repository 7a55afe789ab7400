"""The closed sets of returns, as the API spells them."""

from __future__ import annotations

from domain.returns.model import ReturnCondition, ReturnReason, ReturnState
from schema.enums import described

described(
    ReturnState,
    "ReturnState",
    "Where a return stands.",
    REQUESTED="The buyer asks to send goods back; the shop has not answered.",
    APPROVED="The goods may be sent back.",
    DECLINED="The shop does not take them back; `declineReason` says why.",
    CANCELLED="The goods are not sent back after all.",
    RECEIVED="The goods came back; what was accepted of them is to be refunded or exchanged.",
    COMPLETED="Nothing is left to do.",
)
described(
    ReturnReason,
    "ReturnReason",
    "Why goods come back.",
    UNWANTED="The buyer does not want them any more.",
    DOES_NOT_FIT="They do not fit.",
    NOT_AS_DESCRIBED="They are not what the shop's page said.",
    WRONG_GOODS="Other goods were sent than those ordered.",
    DAMAGED="They arrived damaged.",
    DEFECTIVE="They do not work.",
    OTHER="Something else; `note` may say what.",
)
described(
    ReturnCondition,
    "ReturnCondition",
    "In what condition goods came back.",
    NEW="As they left the shop.",
    OPENED="Unpacked, not used.",
    USED="Used.",
    DAMAGED="Damaged.",
)
