"""Templates: what messages say, the words of staff in place of those that come with the shop, and how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import strawberry

import schema.notices.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.notices.model import Medium, NoticeKind, Rendered, TemplateKey, Wording
from domain.notices.sms import Segments, SmsEncoding, segments_of
from persistence.notices.reads import changed_templates, order_facts, shop_name
from persistence.notices.templates import TemplateRow
from persistence.orders.reads import orders_by_id
from schema.context import Context
from schema.execution.fields import batch, plain, query, shows
from schema.notices.types import READ
from schema.refusal import Refusal
from schema.scalars import LanguageCode

TEMPLATES_SHOWN = 200
NOT_BY_MEDIUM = "There are no messages of this kind that are carried so."


class TemplateView(NamedTuple):
    """A template as it is now."""

    kind: NoticeKind
    language: str
    medium: Medium
    subject: str
    heading: str
    body: str
    variables: list[str]
    is_changed: bool
    version: int
    updated_at: datetime | None


@strawberry.type(
    name="MessageTemplate",
    description="What one kind of message says in one language. Words name variables as `{{ number }}` and may ask "
    '`{% if name == "Ada" %}`; filters are upper, lower, title, capitalize, trim and default. Empty lines part paragraphs. '
    "Around the words stand the lines, sums, links and secrets of the message, which no template can lose.",
)
@shows(TemplateView, allow=READ)
class MessageTemplate:
    """Shown from `TemplateView`."""

    kind: NoticeKind = plain("The kind of message.")
    language: LanguageCode = plain("The language.")
    medium: Medium = plain("How the message is carried.")
    subject: str = plain("The subject; empty for a text message.")
    heading: str = plain("The line above the text; empty for a text message.")
    body: str = plain("The text.")
    variables: list[str] = plain("The names that the words may use.")
    is_changed: bool = plain("Whether these are words of staff, and not those that come with the shop.")
    version: int = plain("How often it was changed; what a change names.")
    updated_at: datetime | None = plain("When it was changed last; null when it never was.")


@strawberry.type(name="SmsSegments", description="How a text message is sent (3GPP TS 23.038): carriers count its parts.")
@shows(Segments, allow=READ)
class SmsSegments:
    """Shown from `domain.notices.sms.Segments`."""

    encoding: SmsEncoding = plain("How its characters are written; one that GSM 7 lacks makes all of them UCS-2.")
    units: int = plain("How long it is in units of the encoding: a euro sign counts for two.")
    count: int = plain("In how many parts it is sent.")


def _segments(previews: Sequence[Rendered], context: Context) -> list[Segments | None]:
    """Only a text message has no HTML."""
    del context
    return [None if each.html else segments_of(each.text) for each in previews]


@strawberry.type(name="MessagePreview", description="A message as it is sent, but for one-time secrets.")
@shows(Rendered, allow=READ)
class MessagePreview:
    """Shown from `domain.notices.model.Rendered`."""

    subject: str = plain("Its subject; empty for a text message.")
    text: str = plain("What it says, as plain text.")
    html: str = plain("What it says, as HTML with its style inlined; empty for a text message.")
    segments: SmsSegments | None = batch(_segments, "What it takes to send a text message; null for others.")


@strawberry.input(name="MessageWordsInput", description="Words to look at before they are kept.")
class MessageWordsInput:
    subject: str = strawberry.field(default="", description="The subject; a text message has none.")
    heading: str = strawberry.field(default="", description="The line above the text; a text message has none.")
    body: str = strawberry.field(description="The text.")


Kind = Annotated[NoticeKind, strawberry.argument(description="The kind of message.")]
Language = Annotated[LanguageCode, strawberry.argument(description="The language.")]


@query(list[MessageTemplate], "What messages say, by kind and language.", allow=READ, size=TEMPLATES_SHOWN)
async def message_templates(
    context: Context,
    *,
    kind: Annotated[NoticeKind | None, strawberry.argument(description="Only this kind.")] = None,
    language: Annotated[LanguageCode | None, strawberry.argument(description="Only this language.")] = None,
    medium: Annotated[Medium | None, strawberry.argument(description="Only what is carried so.")] = None,
) -> list[TemplateView]:
    changed = await changed_templates(context.reader)
    return [
        view_of(context, TemplateKey(kind=each, language=tongue, medium=by), changed)
        for each in NoticeKind
        for tongue in context.ports.notices.writer.languages
        for by in context.ports.notices.writer.media(each)
        if kind in (None, each) and language in (None, tongue) and medium in (None, by)
    ]


@query(
    MessagePreview,
    "A message as it would be sent: about somebody invented, or about an order.",
    allow=READ,
)
async def message_template_preview(
    context: Context,
    *,
    kind: Kind,
    language: Language,
    medium: Annotated[Medium, strawberry.argument(description="How the message is carried.")] = Medium.EMAIL,
    words: Annotated[
        MessageWordsInput | None, strawberry.argument(description="The words; without, those that are kept.")
    ] = None,
    order_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="The order that it tells of, in the language it is sent in; it takes READ_ORDERS."),
    ] = None,
) -> Rendered:
    writer = context.ports.notices.writer
    if language not in writer.languages:
        raise Refusal("BAD_USER_INPUT", f"There are words in {', '.join(writer.languages)}.")
    if medium not in writer.media(kind):
        raise Refusal("BAD_USER_INPUT", NOT_BY_MEDIUM)
    wording = Wording(subject=words.subject, heading=words.heading, body=words.body) if words is not None else None
    if wording is not None and (problem := writer.problem(kind, medium, wording)) is not None:
        raise Refusal("BAD_USER_INPUT", f"{problem.path[-1]}: {problem.reason}")
    key = TemplateKey(kind=kind, language=language, medium=medium)
    if order_id is not None:
        return await _about_order(context, key, order_id, wording)
    if wording is None:
        wording = await kept_words(context, key)
    return writer.sample(key, shop_name=await shop_name(context.reader), wording=wording)


def view_of(context: Context, key: TemplateKey, changed: Mapping[tuple[str, str, str], TemplateRow]) -> TemplateView:
    """A template as it is shown."""
    writer = context.ports.notices.writer
    row = changed.get((key.kind.value, key.language, key.medium.value))
    said = _said(row) or writer.words(key)
    return TemplateView(
        kind=key.kind,
        language=key.language,
        medium=key.medium,
        subject=said.subject,
        heading=said.heading,
        body=said.body,
        variables=list(writer.variables(key.kind, key.medium)),
        is_changed=_said(row) is not None,
        version=row.version if row is not None else 0,
        updated_at=row.updated_at if row is not None else None,
    )


def _said(row: TemplateRow | None) -> Wording | None:
    if row is None or row.subject is None or row.heading is None or row.body is None:
        return None
    return Wording(subject=row.subject, heading=row.heading, body=row.body)


async def kept_words(context: Context, key: TemplateKey) -> Wording | None:
    """The words of staff for a message; None when there are none."""
    changed = await changed_templates(context.reader)
    return _said(changed.get((key.kind.value, key.language, key.medium.value)))


async def _about_order(context: Context, key: TemplateKey, order_id: str, wording: Wording | None) -> Rendered:
    kind, medium = key.kind, key.medium
    wanted: UUID | None = context.id_of("Order", order_id)
    found = (await orders_by_id(context.reader, [wanted], viewer=context.viewer))[0] if wanted is not None else None
    facts = await order_facts(context.reader, found.id) if found is not None else None
    if facts is None or not context.ports.notices.writer.tells_of_order(kind):
        raise Refusal("BAD_USER_INPUT", "There is no such order, or the message tells of more than an order.")
    if wording is None:
        tag = facts.shop_language if kind is NoticeKind.STAFF_ORDER_PLACED else facts.language
        language = context.ports.notices.writer.language_of(tag)
        wording = await kept_words(context, TemplateKey(kind=kind, language=language, medium=medium))
    return context.ports.notices.writer.of_order(
        kind,
        medium,
        facts,
        wording=wording,
        storefront_url=context.ports.storefront_url,
        order_key=context.ports.seal.secret("order", facts.id),
    )
