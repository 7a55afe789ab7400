"""Sending a message again."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.error import NotFound, UserError
from domain.ids import NoticeId
from domain.notices import deliveries
from domain.viewer import Permission
from persistence.notices.reads import notices_by_id
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.notices.types import Notice
from schema.permissions import may


@strawberry.input(name="MessageResendInput", description="Which message to send again.")
class MessageResendInput:
    id: strawberry.ID = strawberry.field(description="The message's id.")
    force: bool = strawberry.field(
        default=False,
        description="Also when it was sent, waits for its next try, or may have been sent. A letter keeps its Message-ID, by "
        "which mail programs know a second copy; a text message may arrive twice.",
    )


@deed(
    "Has a message sent again that was given up or did not arrive, with as many tries as a new one.",
    allow=may(Permission.MANAGE_SETTINGS),
    notice=(Notice, "The message as it is now."),
)
@keyed(Keyed.KEPT)
async def message_resend(
    context: Context,
    *,
    input: Annotated[MessageResendInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    notice_id = context.id_of("Notice", input.id)
    if notice_id is None:
        return NotFound(path=("input", "id"), what="message")
    outcome = await context.act(deliveries.resend, notice_id=NoticeId(notice_id), is_forced=input.force)
    if isinstance(outcome, UserError):
        return outcome
    return answered(notice=(await notices_by_id(context.reader, [outcome]))[0])
