"""Letters from facts: the words of the reader's language, amounts and dates in its manner, one sheet as text and as HTML.

Every value is escaped by the sheet it is put on; the sheet loads nothing from anywhere, and its style stands inline because
mail programs drop style sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import css_inline
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.access.secrets import without_slots
from domain.money import minor_digits
from domain.notices.model import AccountFacts, NoticeKind, OrderFacts, Rendered, ShopFacts, StockFacts, Wording
from gateways.letters.wording import FOLDER, default_wording, filled, paragraphs, words_of

_WITH_LINES = frozenset(
    {
        NoticeKind.ORDER_CONFIRMED,
        NoticeKind.ORDER_EDITED,
        NoticeKind.PAYMENT_REQUESTED,
        NoticeKind.ORDER_SHIPPED,
        NoticeKind.STAFF_ORDER_PLACED,
    }
)
# A listing that no mail program shows whole helps nobody; the sums below it are of all lines.
_LINES_MAX = 100

_SHEETS = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_BLANK: Mapping[str, Any] = {
    **dict.fromkeys(("lines", "sums", "address"), ()),
    **dict.fromkeys(("tax_note", "link", "link_label", "key", "key_label", "unsubscribe"), ""),
    "parcel": None,
}
"""A sheet that shows nothing but words."""
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a reader gets to the order: a link, or where there are no pages to lead to, the order's key."""

    link: str = ""
    order_key: str = ""


NO_WAY = Way()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter that waits for its words: what they may name, and what the sheet shows besides."""

    kind: NoticeKind
    language: str
    values: Mapping[str, str]
    shown: Mapping[str, Any]
    name: str = ""

    def written(self, wording: Wording | None = None) -> Rendered:
        """The letter, in the words of staff or, without, in those that come with the shop."""
        said, labels = wording or default_wording(self.kind, self.language), words_of(self.language)["labels"]
        values = {"name": self.name, **self.values}
        sheet = {
            "language": self.language,
            "labels": labels,
            "heading": filled(said.heading, values),
            "hello": without_slots(labels["hello"].format(name=self.name) if self.name else labels["hello_all"]),
            "body": paragraphs(filled(said.body, values)),
            "sender": labels["sender"].format_map(values),
            **_BLANK,
            **self.shown,
        }
        return Rendered(
            language=self.language,
            subject=filled(said.subject, values),
            text=_SHEETS.get_template("letter.txt.j2").render(sheet),
            html=_INLINER.inline(_SHEETS.get_template("letter.html.j2").render(sheet)),
        )


def order_way(storefront_url: str, key: str) -> Way:
    """The shop's page of an order; without pages, the key that the API's `orderByToken` opens it with."""
    pages = storefront_url.rstrip("/")
    return Way(link=f"{pages}/orders/{key}") if pages else Way(order_key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A shipment that a letter tells of: a line for each thing in it, its number with the carrier's name, and where to follow it."""

    lines: tuple[str, ...]
    number: str
    link: str


def order_letter(
    kind: NoticeKind,
    facts: OrderFacts,
    *,
    status: str,
    way: Way,
    parcel: Parcel | None = None,
    said: Mapping[str, str] = MappingProxyType({}),
) -> Draft:
    """A letter about an order, in the reader's language. `status` is the state it tells of, as the order names it.

    `said` fills what the words of its kind name besides what every letter about an order may.
    """
    language = facts.shop_language if kind is NoticeKind.STAFF_ORDER_PLACED else facts.language
    words, locale = words_of(language), _locale(language)

    def money(minor: int) -> str:
        return format_currency(Decimal(minor).scaleb(-minor_digits(facts.currency)), facts.currency, locale=locale)

    labels = words["labels"]
    sums = [
        (labels["subtotal"], facts.subtotal, True),
        (labels["discount"], -facts.discount, facts.discount != 0),
        (labels["shipping"], facts.shipping, True),
        (labels["tax_added"], facts.tax_added, facts.tax_added != 0),
        (labels["total"], facts.total, True),
    ]
    included = facts.tax_total - facts.tax_added
    return Draft(
        kind=kind,
        language=words["language"],
        values={
            "shop": facts.shop_name,
            "number": str(facts.number),
            "placed": format_date(facts.placed_at, "long", locale=locale),
            "total": money(facts.total),
            "captured": money(facts.captured),
            "due": money(facts.due) if facts.due > 0 else "",
            "refunded": money(facts.refunded),
            "status": words["statuses"].get(status, status),
            "email": facts.email,
            **said,
        },
        name="" if kind is NoticeKind.STAFF_ORDER_PLACED else _name(facts.shipping_address),
        shown={
            "lines": _listing(facts, money) if kind in _WITH_LINES else [],
            "sums": [{"label": label, "amount": money(amount)} for label, amount, is_shown in sums if is_shown],
            "tax_note": f"{labels['tax_included']}: {money(included)}" if included else "",
            "address": _address(facts.shipping_address, locale) if kind in _WITH_LINES or parcel is not None else [],
            "parcel": parcel,
            "link": way.link,
            "link_label": words["letters"][kind.value].get("link", labels["see_order"]),
            "key": way.order_key,
            "key_label": labels["order_key"],
        },
    )


def _listing(facts: OrderFacts, money: Callable[[int], str]) -> list[dict[str, Any]]:
    """What was ordered, line by line."""
    return [
        {
            "name": " · ".join(part for part in (line.product_name, line.variant_name) if part),
            "sku": line.sku,
            "quantity": line.quantity,
            "amount": money(line.total),
        }
        for line in facts.lines[:_LINES_MAX]
    ]


def account_letter(kind: NoticeKind, facts: AccountFacts, *, link: str = "", code: str = "", day: date | None = None) -> Draft:
    """A letter about an account, in its language; with a link that does something, or the code that stands in for it."""
    words = words_of(facts.language)
    return Draft(
        kind=kind,
        language=words["language"],
        values={"shop": facts.shop_name, "day": format_date(day, "long", locale=_locale(facts.language)) if day else ""},
        name=facts.first_name,
        shown={
            "link": link,
            "link_label": words["letters"][kind.value].get("link", ""),
            "key": code,
            "key_label": words["labels"]["code"],
        },
    )


def stock_letter(facts: StockFacts, *, link: str, unsubscribe: str) -> Draft:
    """The letter that goods are there again, to whoever waited for them. `unsubscribe`: where they say that it was the last."""
    kind, words = NoticeKind.BACK_IN_STOCK, words_of(facts.language)
    return Draft(
        kind=kind,
        language=words["language"],
        values={"shop": facts.shop_name, "product": facts.product},
        shown={"link": link, "link_label": words["letters"][kind.value]["link"], "unsubscribe": unsubscribe},
    )


def staff_letter(kind: NoticeKind, facts: ShopFacts, *, said: Mapping[str, str]) -> Draft:
    """A letter to staff about something that is no order; `said` fills the words of its kind."""
    words = words_of(facts.language)
    return Draft(kind=kind, language=words["language"], values={"shop": facts.shop_name, **said}, shown={})


def _locale(language: str) -> Locale:
    """How amounts and dates are written: by the whole tag where Babel knows it, else as the words' language does."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(words_of(language)["language"])


def _name(address: Mapping[str, Any] | None) -> str:
    return _text(address, "first_name", "last_name")


def _address(address: Mapping[str, Any] | None, locale: Locale) -> list[str]:
    """The lines of an address, as the order keeps it."""
    if address is None:
        return []
    country = str(address.get("country", ""))
    lines = [
        _text(address, "first_name", "last_name"),
        _text(address, "company"),
        *(str(line) for line in address.get("street", ())),
        _text(address, "postal_code", "city"),
        _text(address, "region"),
        str(locale.territories.get(country, country)),
    ]
    return [line for line in lines if line]


def _text(address: Mapping[str, Any] | None, *names: str) -> str:
    return " ".join(str(part) for name in names if (part := (address or {}).get(name)))
