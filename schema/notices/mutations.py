"""What staff does with messages: other words, and a message to oneself to look at."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.error import Invalid, UserError
from domain.ids import AccountId, NoticeId, new_id
from domain.notices import actions
from domain.notices.model import Medium, NoticeKind, TemplateKey, Wording
from domain.viewer import Permission, Staff
from persistence.notices.reads import changed_templates, notices_by_id, shop_name
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.notices.numbers import sms_phone_of
from schema.notices.templates import NOT_BY_MEDIUM, MessageTemplate, kept_words, view_of
from schema.notices.types import Notice
from schema.permissions import may
from schema.scalars import LanguageCode

MANAGE = may(Permission.MANAGE_SETTINGS)
MEDIUM = ("input", "medium")
PHONE = ("input", "phone")


@strawberry.input(name="MessageTemplateUpdateInput", description="New words of a message.")
class MessageTemplateUpdateInput:
    kind: NoticeKind = strawberry.field(description="The kind of message.")
    language: LanguageCode = strawberry.field(description="The language.")
    body: str = strawberry.field(description="The text; at most 4000 characters, of a text message 480.")
    version: int = strawberry.field(description="The version that the caller has seen.")
    subject: str = strawberry.field(default="", description="The subject; at most 200 characters. A text message has none.")
    heading: str = strawberry.field(
        default="", description="The line above the text; at most 200 characters. A text message has none."
    )
    medium: Medium = strawberry.field(default=Medium.EMAIL, description="How the message is carried.")


@strawberry.input(name="MessageTemplateResetInput", description="Which message gets back the words that come with the shop.")
class MessageTemplateResetInput:
    kind: NoticeKind = strawberry.field(description="The kind of message.")
    language: LanguageCode = strawberry.field(description="The language.")
    version: int = strawberry.field(description="The version that the caller has seen.")
    medium: Medium = strawberry.field(default=Medium.EMAIL, description="How the message is carried.")


@strawberry.input(name="MessageTemplateTestSendInput", description="Which message is sent to the caller.")
class MessageTemplateTestSendInput:
    kind: NoticeKind = strawberry.field(description="The kind of message.")
    language: LanguageCode = strawberry.field(description="The language.")
    medium: Medium = strawberry.field(default=Medium.EMAIL, description="How the message is carried.")
    phone: str | None = strawberry.field(
        default=None, description="Where a text message goes: a telephone number with its country code. Not for letters."
    )


@deed(
    "Puts words of staff in place of those that come with the shop. The next message is made of them.",
    allow=MANAGE,
    message_template=(MessageTemplate, "The template as it is now."),
)
async def message_template_update(
    context: Context,
    *,
    input: Annotated[MessageTemplateUpdateInput, strawberry.argument(description="The words.")],
) -> Answer | UserError:
    wording = Wording(subject=input.subject, heading=input.heading, body=input.body)
    if input.medium not in context.ports.notices.writer.media(input.kind):
        return Invalid(path=MEDIUM, reason=NOT_BY_MEDIUM)
    problem = context.ports.notices.writer.problem(input.kind, input.medium, wording)
    return problem or await _changed(context, input, wording)


@deed(
    "Gives a message back the words that come with the shop.",
    allow=MANAGE,
    message_template=(MessageTemplate, "The template as it is now."),
)
async def message_template_reset(
    context: Context,
    *,
    input: Annotated[MessageTemplateResetInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    return await _changed(context, input, None)


@deed(
    f"Sends a message about somebody invented to the address that the caller, a member of staff, logs in with; "
    f"{actions.TESTS_A_MINUTE} a minute at most.",
    allow=MANAGE,
    notice=(Notice, "The message."),
)
@keyed(Keyed.KEPT)
async def message_template_test_send(
    context: Context,
    *,
    input: Annotated[MessageTemplateTestSendInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    ports = context.ports.notices
    if not isinstance(context.viewer, Staff):
        return Invalid(path=("input",), reason="Only a member of staff has an address to send to.")
    if input.language not in ports.writer.languages:
        return _no_words(context)
    if input.medium not in ports.writer.media(input.kind):
        return Invalid(path=MEDIUM, reason=NOT_BY_MEDIUM)
    phone = _phone(context, input)
    if isinstance(phone, UserError):
        return phone
    key = TemplateKey(kind=input.kind, language=input.language, medium=input.medium)
    wording = await kept_words(context, key)
    shop = await shop_name(context.reader)
    outcome: NoticeId | UserError = await context.act(
        actions.send_test,
        account_id=AccountId(context.viewer.id),
        kind=input.kind,
        rendered=ports.writer.sample(key, shop_name=shop, wording=wording),
        phone=phone,
        notice_id=NoticeId(new_id()),
        mail_domain=ports.mail_domain,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    return answered(notice=(await notices_by_id(context.reader, [outcome]))[0])


def _phone(context: Context, input: MessageTemplateTestSendInput) -> str | UserError | None:
    """Where a text message to look at goes; None for a letter, which goes to whoever asks."""
    if input.medium is not Medium.SMS:
        return Invalid(path=PHONE, reason="A letter goes to your own address.") if input.phone is not None else None
    if not input.phone:
        return Invalid(path=PHONE, reason="A text message needs a telephone number.")
    return sms_phone_of(context, input.phone, at=PHONE)


async def _changed(
    context: Context, named: MessageTemplateUpdateInput | MessageTemplateResetInput, wording: Wording | None
) -> Answer | UserError:
    if named.language not in context.ports.notices.writer.languages:
        return _no_words(context)
    if named.medium not in context.ports.notices.writer.media(named.kind):
        return Invalid(path=MEDIUM, reason=NOT_BY_MEDIUM)
    key = TemplateKey(kind=named.kind, language=named.language, medium=named.medium)
    outcome = await context.act(actions.change_template, key=key, wording=wording, expected=named.version)
    if isinstance(outcome, UserError):
        return outcome
    return answered(message_template=view_of(context, key, await changed_templates(context.reader)))


def _no_words(context: Context) -> Invalid:
    languages = ", ".join(context.ports.notices.writer.languages)
    return Invalid(path=("input", "language"), reason=f"There are words in {languages}.")
