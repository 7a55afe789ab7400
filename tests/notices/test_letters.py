"""Letters: the reader's language, exact amounts, everything escaped, nothing loaded from anywhere."""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.ids import OrderId, new_id
from domain.money import Currency
from domain.notices.model import AccountFacts, LineFacts, NoticeKind, OrderFacts, Rendered, ShopFacts, StockFacts
from gateways.letters.render import NO_WAY, Way, stock_letter
from gateways.letters.render import account_letter as account_draft
from gateways.letters.render import order_letter as order_draft
from gateways.letters.render import staff_letter as staff_draft
from gateways.letters.wording import FOLDER, LANGUAGES, words_of

ACCOUNT_KINDS = (
    NoticeKind.WELCOME,
    NoticeKind.ALREADY_REGISTERED,
    NoticeKind.PASSWORD_CHANGED,
    NoticeKind.SESSION_ENDED,
    NoticeKind.FACTOR_ADDED,
    NoticeKind.FACTOR_REMOVED,
    NoticeKind.RECOVERY_CODES_REPLACED,
    NoticeKind.RECOVERY_CODE_USED,
    NoticeKind.PASSKEY_CLONED,
    NoticeKind.IDENTITY_LINKED,
    NoticeKind.IDENTITY_UNLINKED,
    NoticeKind.EMAIL_VERIFICATION,
    NoticeKind.PASSWORD_RESET,
    NoticeKind.EMAIL_CHANGE_LEAVING,
    NoticeKind.EMAIL_CHANGE_TAKING,
    NoticeKind.EMAIL_CHANGED,
    NoticeKind.NEW_DEVICE,
    NoticeKind.LOG_INS_FAILED,
    NoticeKind.ERASURE_PLANNED,
    NoticeKind.ERASURE_CANCELLED,
    NoticeKind.DATA_EXPORT_READY,
)
SHOP_KINDS = (
    NoticeKind.STAFF_WEBHOOK_DISABLED,
    NoticeKind.STAFF_RETURN_REQUESTED,
    NoticeKind.STAFF_REFUND_FAILED,
    NoticeKind.STAFF_REFUND_REQUESTED,
    NoticeKind.STAFF_DISPUTE_OPENED,
    NoticeKind.STAFF_DISPUTE_CLOSED,
    NoticeKind.STAFF_BOOKS_DIFFER,
)
ORDER_KINDS = tuple(kind for kind in NoticeKind if kind not in {*ACCOUNT_KINDS, *SHOP_KINDS, NoticeKind.BACK_IN_STOCK})
SAID = ("number", "amount", "because", "until", "outcome", "provider", "count", "url", "goods")
FACTS = OrderFacts(
    id=OrderId(new_id()),
    shop_name="Vitrine",
    shop_language="en",
    number=1001,
    email="ada@example.com",
    language="en",
    currency=Currency("EUR"),
    status="PENDING",
    payment_status="UNPAID",
    fulfillment_status="UNFULFILLED",
    subtotal=10_000,
    discount=1_000,
    shipping=490,
    tax_added=0,
    tax_total=1_515,
    total=9_490,
    captured=9_490,
    refunded=0,
    shipping_address={
        "first_name": "Ada",
        "last_name": "Lovelace",
        "street": ["Hauptstraße 1"],
        "city": "Berlin",
        "country": "DE",
    },
    placed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    lines=(LineFacts(product_name="Linen shirt", variant_name="M", sku="SHIRT-M", quantity=2, total=9_000),),
)


def order_letter(kind: NoticeKind, facts: OrderFacts, *, status: str, way: Way) -> Rendered:
    said = {"goods": f"1 x {status}", "because": status}
    return order_draft(kind, facts, status=status, way=way, said=said).written()


def account_letter(kind: NoticeKind, facts: AccountFacts) -> Rendered:
    return account_draft(kind, facts).written()


def staff_letter(kind: NoticeKind, facts: ShopFacts, *, said: dict[str, str]) -> Rendered:
    return staff_draft(kind, facts, said=said).written()


def test_a_confirmation_tells_the_whole_order_in_english() -> None:
    placed = replace(FACTS, captured=0)
    letter = order_letter(NoticeKind.ORDER_CONFIRMED, placed, status="PENDING", way=Way(link="https://shop.example/orders/key"))
    assert letter.subject == "Vitrine: your order 1001"
    assert letter.text == (
        "Thank you for your order\n\nHello Ada Lovelace,\n\n"
        "We have received your order 1001 of March 1, 2026.\n\n"
        "You will hear from us as soon as it is paid and on its way.\n\n"
        "2 x Linen shirt · M (SHIRT-M): €90.00\n\n"
        "Subtotal: €100.00\nDiscount: -€10.00\nDelivery: €4.90\nTotal: €94.90\nTax included: €15.15\n\n"
        "Delivered to:\nAda Lovelace\nHauptstraße 1\nBerlin\nGermany\n\n"
        "See your order: https://shop.example/orders/key\n\n"
        "This message was sent by Vitrine.\n"
    )
    assert '<a class="button" href="https://shop.example/orders/key"' in letter.html


def test_amounts_and_dates_are_written_as_the_readers_country_does() -> None:
    letter = order_letter(NoticeKind.ORDER_CONFIRMED, replace(FACTS, language="de-AT"), status="PENDING", way=NO_WAY)
    assert letter.language == "de"
    assert "Gesamtbetrag: € 94,90" in letter.text.replace("\xa0", " ")
    assert "vom 1. März 2026" in letter.text
    assert "Deutschland" in letter.text


@pytest.mark.parametrize(
    ("currency", "total", "said"), [("JPY", 9_490, "¥9,490"), ("KWD", 9_490, "KWD9.490"), ("EUR", -5, "-€0.05")]
)
def test_each_currency_has_its_own_digits(currency: str, total: int, said: str) -> None:
    facts = replace(FACTS, currency=Currency(currency), total=total)
    assert f"Total: {said}\n" in order_letter(NoticeKind.ORDER_CONFIRMED, facts, status="PENDING", way=NO_WAY).text


def test_a_language_without_words_is_answered_in_english() -> None:
    assert order_letter(NoticeKind.ORDER_CANCELLED, replace(FACTS, language="tlh-Latn"), status="", way=NO_WAY).language == "en"


def test_staff_is_written_to_in_the_shops_language_and_not_greeted_by_the_buyers_name() -> None:
    letter = order_letter(
        NoticeKind.STAFF_ORDER_PLACED, replace(FACTS, language="en", shop_language="de"), status="PENDING", way=NO_WAY
    )
    assert letter.subject == "Vitrine: neue Bestellung 1001 über 94,90\xa0€"
    assert "Guten Tag,\n" in letter.text


@pytest.mark.parametrize("kind", ORDER_KINDS)
def test_what_a_buyer_typed_is_never_markup_nor_a_template(kind: NoticeKind) -> None:
    evil = "<script>alert(1)</script>{{ 7*7 }}{number}\"'>"
    facts = replace(
        FACTS,
        email=evil,
        shop_name=evil,
        shipping_address={"first_name": evil, "last_name": evil, "street": [evil], "country": evil},
        lines=(LineFacts(product_name=evil, variant_name=evil, sku=evil, quantity=1, total=1),),
    )
    letter = order_letter(kind, facts, status=evil, way=Way(order_key=evil))
    assert "<script" not in letter.html
    assert "49" not in letter.html.replace("4.90", "").replace("94.90", "")
    assert re.findall(r"""(?:src|url\(|<link|@import|<img)""", letter.html) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ORDER_KINDS)
def test_every_letter_about_an_order_can_be_written_in_every_language(language: str, kind: NoticeKind) -> None:
    letter = order_letter(kind, replace(FACTS, language=language, shop_language=language), status="PROCESSING", way=NO_WAY)
    assert "{" not in letter.subject + letter.text
    assert letter.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_about_goods_names_them_and_how_to_hear_no_more(language: str) -> None:
    goods = StockFacts(shop_name="Vitrine", language=language, product="Shirt <b> {{ x }}", path="products/shirt")
    letter = stock_letter(goods, link="https://shop.example/products/shirt", unsubscribe="https://api.example/u/1").written()
    assert "Shirt <b> {{ x }}" in letter.subject
    assert "Shirt &lt;b&gt;" in letter.html
    assert letter.text.count("https://api.example/u/1") == 1
    assert 'href="https://api.example/u/1"' in letter.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_every_letter_about_an_account_can_be_written_in_every_language(language: str, kind: NoticeKind) -> None:
    letter = account_letter(
        kind, AccountFacts(shop_name="Vitrine", email="ada@example.com", first_name="Ada <b>", language=language)
    )
    assert "{" not in letter.subject + letter.text
    assert "Ada &lt;b&gt;" in letter.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SHOP_KINDS)
def test_every_letter_to_staff_about_the_shop_can_be_written_in_every_language(language: str, kind: NoticeKind) -> None:
    letter = staff_letter(kind, ShopFacts(shop_name="Vitrine", language=language), said={name: f"<{name}>" for name in SAID})
    assert "{" not in letter.subject + letter.text
    assert "&lt;" in letter.html


def _shape(words: Any) -> Any:
    """The keys, and for each text the names that are filled in."""
    match words:
        case dict():
            return {key: _shape(value) for key, value in words.items()}
        case list():
            return sorted({name for text in words for name in _shape(text)})
        case _:
            return sorted({name for _, name, _, _ in string.Formatter().parse(str(words)) if name})


def test_all_languages_have_the_same_words_with_the_same_gaps() -> None:
    shapes = {
        language: _shape(tomllib.loads((FOLDER / "words" / f"{language}.toml").read_text("utf-8"))) for language in LANGUAGES
    }
    assert set(LANGUAGES) == {"de", "en"}
    assert shapes["de"] == shapes["en"]
    assert set(words_of("en")["letters"]) == {kind.value for kind in NoticeKind}
