"""What people do with notifications: they have read them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.error import Invalid, UserError
from domain.notifications import actions
from domain.notifications.model import READ_AT_ONCE
from domain.notifications.rules import reach_of
from persistence.notifications.reads import Wanted, count_notifications
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import SIGNED_IN


@strawberry.input(name="NotificationsReadInput", description="What was read: some by their ids, or all up to one.")
class NotificationsReadInput:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description=f"These, {READ_AT_ONCE} at most.")
    up_to: strawberry.ID | None = strawberry.field(
        default=None, description="This and all before it: say the newest that was seen, so that none goes unread that was not."
    )


@deed(
    "Marks notifications as read for the caller, in all of their windows; once more changes nothing.",
    allow=SIGNED_IN,
    unread=(int, "How many the caller has not read now."),
)
async def notifications_read(
    context: Context,
    *,
    input: Annotated[NotificationsReadInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    reach = reach_of(context.viewer)
    if (input.ids is None) == (input.up_to is None) or reach.account_id is None:
        return Invalid(path=("input",), reason="Say either `ids` or `upTo`.")
    if input.ids is not None and len(input.ids) > READ_AT_ONCE:
        return Invalid(path=("input", "ids"), reason=f"Name {READ_AT_ONCE} at most.")
    if input.up_to is not None:
        last = context.id_of("Notification", input.up_to)
        outcome = await context.act(actions.mark_read_until, account_id=reach.account_id, reach=reach, last=last)
    else:
        ids = [context.id_of("Notification", each) for each in input.ids or ()]
        outcome = await context.act(actions.mark_read, account_id=reach.account_id, reach=reach, ids=ids)
    if outcome is not None:
        return outcome
    return answered(unread=await count_notifications(context.reader, Wanted(reach, unread=True)))
