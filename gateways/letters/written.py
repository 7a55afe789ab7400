"""`domain.notices.provider.Writer` made true: messages as workers write them, and samples about somebody invented."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.error import Invalid
from domain.ids import OrderId, new_id
from domain.money import Currency
from domain.notices.model import (
    AccountFacts,
    LineFacts,
    Medium,
    NoticeKind,
    OrderFacts,
    Rendered,
    ShopFacts,
    StockFacts,
    TemplateKey,
    Wording,
)
from gateways.letters.render import NO_WAY, Draft, Parcel, account_letter, order_letter, order_way, staff_letter, stock_letter
from gateways.letters.texts import SMS_KINDS, default_text, text_of, text_problem, text_variables
from gateways.letters.wording import (
    LANGUAGES,
    ORDER_VARIABLES,
    default_wording,
    is_about_order,
    language_of,
    problem_of,
    variables_of,
)

_PAGE = "https://shop.example"
_DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PARCEL = Parcel(lines=("2 x Linen shirt · M (SHIRT-M)",), number="00340434161094042557", link=f"{_PAGE}/parcel")


class SheetWriter:
    """See the port."""

    @property
    def languages(self) -> tuple[str, ...]:
        """See the port."""
        return LANGUAGES

    def language_of(self, tag: str) -> str:
        """See the port."""
        return language_of(tag)

    def media(self, kind: NoticeKind) -> tuple[Medium, ...]:
        """See the port."""
        return (Medium.EMAIL, Medium.SMS) if kind in SMS_KINDS else (Medium.EMAIL,)

    def words(self, key: TemplateKey) -> Wording:
        """See the port."""
        return (default_text if key.medium is Medium.SMS else default_wording)(key.kind, key.language)

    def variables(self, kind: NoticeKind, medium: Medium) -> tuple[str, ...]:
        """See the port."""
        return (text_variables if medium is Medium.SMS else variables_of)(kind)

    def tells_of_order(self, kind: NoticeKind) -> bool:
        """See the port. What is about a shipment or a return tells of that besides."""
        return is_about_order(kind) and not (_is_about_shipment(kind) or set(variables_of(kind)) - set(ORDER_VARIABLES))

    def problem(self, kind: NoticeKind, medium: Medium, wording: Wording) -> Invalid | None:
        """See the port."""
        return (text_problem if medium is Medium.SMS else problem_of)(kind, wording)

    def sample(self, key: TemplateKey, *, shop_name: str, wording: Wording | None) -> Rendered:
        """See the port."""
        return _written(_sample(key.kind, key.language, shop_name), key.medium, wording)

    def of_order(
        self,
        kind: NoticeKind,
        medium: Medium,
        facts: OrderFacts,
        *,
        wording: Wording | None,
        storefront_url: str,
        order_key: str,
    ) -> Rendered:
        """See the port."""
        way = NO_WAY if kind is NoticeKind.STAFF_ORDER_PLACED else order_way(storefront_url, order_key)
        return _written(order_letter(kind, facts, status=facts.status, way=way), medium, wording)


def _written(draft: Draft, medium: Medium, wording: Wording | None) -> Rendered:
    return text_of(draft, wording) if medium is Medium.SMS else draft.written(wording)


def _is_about_shipment(kind: NoticeKind) -> bool:
    return kind.value.startswith("FULFILLMENT_")


def _sample(kind: NoticeKind, language: str, shop_name: str) -> Draft:
    if is_about_order(kind):
        parcel = _PARCEL if _is_about_shipment(kind) else None
        said = {name: f"[{name}]" for name in variables_of(kind) if name not in ORDER_VARIABLES}
        return order_letter(
            kind, _order(language, shop_name), status="CONFIRMED", way=order_way(_PAGE, "sample"), parcel=parcel, said=said
        )
    if kind.value.startswith("STAFF_"):
        said = {name: f"[{name}]" for name in variables_of(kind) if name != "shop"}
        return staff_letter(kind, ShopFacts(shop_name=shop_name, language=language), said=said)
    if kind is NoticeKind.BACK_IN_STOCK:
        goods = StockFacts(shop_name=shop_name, language=language, product="Linen shirt · M", path="products/linen-shirt")
        return stock_letter(goods, link=f"{_PAGE}/{goods.path}", unsubscribe=f"{_PAGE}/unsubscribe/sample")
    account = AccountFacts(shop_name=shop_name, email="ada@mail.example", first_name="Ada", language=language)
    return account_letter(kind, account, link=f"{_PAGE}/page?token=sample", day=_DAY.date())


def _order(language: str, shop_name: str) -> OrderFacts:
    return OrderFacts(
        id=OrderId(new_id()),
        shop_name=shop_name,
        shop_language=language,
        number=1001,
        email="ada@mail.example",
        language=language,
        currency=Currency("EUR"),
        status="CONFIRMED",
        payment_status="PAID",
        fulfillment_status="UNFULFILLED",
        subtotal=10_000,
        discount=1_000,
        shipping=490,
        tax_added=0,
        tax_total=1_515,
        total=9_490,
        captured=9_490,
        refunded=9_490,
        shipping_address={"first_name": "Ada", "last_name": "Lovelace", "street": ["Invalidenstr. 116"], "city": "Berlin"},
        placed_at=_DAY,
        lines=(LineFacts(product_name="Linen shirt", variant_name="M", sku="SHIRT-M", quantity=2, total=9_000),),
    )
