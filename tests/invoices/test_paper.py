"""What invoices say adds up to the last minor unit, and the paper is the same every time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from domain.ids import ChannelId, OrderId
from domain.invoices.model import InvoiceSettings, SoldLine, SoldOrder, facts_of, kept_facts
from domain.invoices.rules import credit_facts, invoice_facts
from domain.money import rounded_ratio
from gateways.documents.invoices import LANGUAGES, PdfPrinter

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = InvoiceSettings(
    seller=("Vitrine GmbH", "Hauptstraße 1"),
    tax_id="DE1",
    footer="Danke",
    invoice_prefix="R-",
    credit_note_prefix="G-",
    is_automatic=True,
)
ADDRESS = {
    "first_name": "አበበ",
    "last_name": "Žižek",
    "street": ["Straße 5"],
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}


@some.composite
def orders(draw: some.DrawFn) -> SoldOrder:
    """An order with prices that contain tax at up to three rates."""
    lines = []
    for position in range(draw(some.integers(1, 6))):
        quantity, price = draw(some.integers(1, 9)), draw(some.integers(0, 50_000))
        discount = draw(some.integers(0, quantity * price))
        rate = draw(some.sampled_from([0, 700, 1900]))
        total = quantity * price - discount
        tax = rounded_ratio(total * rate, 10_000 + rate)
        lines.append(
            SoldLine(
                product_name=f"Thing {position}",
                variant_name="",
                sku=f"S{position}",
                quantity=quantity,
                unit_price=price,
                discount=discount,
                tax_basis_points=rate,
                tax_total=tax,
                total=total,
            )
        )
    shipping = draw(some.integers(0, 2_000))
    goods, off = sum(each.unit_price * each.quantity for each in lines), sum(each.discount for each in lines)
    tax = sum(each.tax_total for each in lines) + rounded_ratio(shipping * 1900, 11_900)
    return SoldOrder(
        order_id=OrderId(UUID(int=1)),
        channel_id=ChannelId(UUID(int=2)),
        number=7,
        language=draw(some.sampled_from(["de", "en", "am"])),
        currency="EUR",
        country="DE",
        billing_address=ADDRESS,
        delivery={"name": "Standard"},
        subtotal=goods,
        discount=off,
        shipping=shipping,
        tax_added=0,
        tax_total=tax,
        total=goods - off + shipping,
        captured=0,
        placed_at=NOW,
        lines=tuple(lines),
    )


@given(orders())
def test_the_rates_add_up_to_the_total_and_its_tax(order: SoldOrder) -> None:
    facts = invoice_facts(order, SETTINGS, label="R-000001", now=NOW)
    assert sum(each.net + each.tax for each in facts.taxes) == order.total
    assert sum(each.tax for each in facts.taxes) == order.tax_total
    assert facts_of(kept_facts(facts)) == facts


@given(orders(), some.data())
def test_a_credit_note_adds_up_to_what_went_back(order: SoldOrder, data: some.DataObject) -> None:
    invoice = invoice_facts(order, SETTINGS, label="R-000001", now=NOW)
    amount = data.draw(some.integers(0, order.total))
    credit = credit_facts(invoice, SETTINGS, label="G-000001", amount=amount, reason="broken", now=NOW)
    assert sum(each.net + each.tax for each in credit.taxes) == amount
    assert sum(each.tax for each in credit.taxes) == credit.tax_total
    assert 0 <= credit.tax_total <= max(amount, 0)


def _sold(language: str) -> SoldOrder:
    line = SoldLine(
        product_name="Léo <b>Ψ</b> Łódź",
        variant_name="red",
        sku="S-1",
        quantity=2,
        unit_price=1999,
        discount=0,
        tax_basis_points=1900,
        tax_total=638,
        total=3998,
    )
    return SoldOrder(
        order_id=OrderId(UUID(int=1)),
        channel_id=ChannelId(UUID(int=2)),
        number=7,
        language=language,
        currency="EUR",
        country="DE",
        billing_address=ADDRESS,
        delivery={"name": "Standard"},
        subtotal=3998 * 40,
        discount=0,
        shipping=0,
        tax_added=0,
        tax_total=638 * 40,
        total=3998 * 40,
        captured=0,
        placed_at=NOW,
        lines=(line,) * 40,
    )


def test_the_same_facts_give_the_same_paper_and_other_words_another() -> None:
    facts = {language: invoice_facts(_sold(language), SETTINGS, label="R-000001", now=NOW) for language in LANGUAGES}
    papers = {language: PdfPrinter().print(each) for language, each in facts.items()}
    assert all(paper.startswith(b"%PDF-") for paper in papers.values())
    assert PdfPrinter().print(facts["de"]) == papers["de"]
    assert papers["de"] != papers["en"]
    assert papers["de"].count(b"/Type /Page\n") == 3
