"""Text messages (SMS) from what letters are made of: a few of the kinds, one short text each, without markup."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from domain.error import Invalid
from domain.notices.model import NoticeKind, Rendered, Wording
from domain.notices.sms import plain
from gateways.letters.render import Draft
from gateways.letters.wording import FOLDER, GAP, LANGUAGE_DEFAULT, filled, language_of, part_problem, variables_of

LENGTH_MAX = 480
"""How long the words may be, in characters, before they are filled in."""
_ABOUT_PARCEL = ("tracking", "tracking_link")


@cache
def _texts(language: str) -> Mapping[str, str]:
    texts: Mapping[str, str] = tomllib.loads((FOLDER / "texts" / f"{language}.toml").read_text("utf-8"))["texts"]
    return texts


SMS_KINDS = frozenset(NoticeKind(name) for name in _texts(LANGUAGE_DEFAULT))
"""The kinds that are told by text message too."""


@cache
def default_text(kind: NoticeKind, language: str) -> Wording:
    """What a text message says as long as nobody has changed it. KeyError for kinds that have none."""
    body = GAP.sub(r"{{ \1 }}", _texts(language_of(language))[kind.value])
    return Wording(subject="", heading="", body=body)


@cache
def text_variables(kind: NoticeKind) -> tuple[str, ...]:
    """The names that the words of a text message may use: those of its letter, the order's page, and the parcel's."""
    beside = _ABOUT_PARCEL if kind.value.startswith("FULFILLMENT_") else ()
    return tuple(sorted({*variables_of(kind), "link", *beside}))


def text_problem(kind: NoticeKind, wording: Wording) -> Invalid | None:
    """What is wrong with the words of a text message; None when each of its kind can be made of them."""
    for name, text in (("subject", wording.subject), ("heading", wording.heading)):
        if text:
            return Invalid(path=("input", name), reason="A text message has none.")
    reason = part_problem("body", wording.body, length_max=LENGTH_MAX, known=text_variables(kind))
    return Invalid(path=("input", "body"), reason=reason) if reason is not None else None


def text_of(draft: Draft, wording: Wording | None = None) -> Rendered:
    """What a letter tells, as a text message; in the words of staff or, without, in those that come with the shop."""
    said = wording or default_text(draft.kind, draft.language)
    parcel = draft.shown.get("parcel")
    values = {
        "name": draft.name,
        **draft.values,
        "link": str(draft.shown.get("link", "")),
        "tracking": parcel.number if parcel is not None else "",
        "tracking_link": parcel.link if parcel is not None else "",
    }
    text = plain(" ".join(filled(said.body, values).split()))
    return Rendered(language=draft.language, subject="", text=text, html="")
