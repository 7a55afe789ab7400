"""Amounts in a provider's own units: said exactly or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Currency, Money
from gateways.payments.chapa_words import UNITS as CHAPA
from gateways.payments.paypal_words import UNITS as PAYPAL
from gateways.payments.square_words import UNITS as SQUARE
from gateways.payments.stripe_words import UNITS as STRIPE
from gateways.payments.units import Units

CURRENCIES = [Currency(code) for code in "EUR USD JPY KWD BHD ISK UGX MGA HUF TWD ETB CLP".split()]
AMOUNTS = st.builds(Money, st.integers(1, 10**15), st.sampled_from(CURRENCIES))


@pytest.mark.parametrize(
    "units", [STRIPE, PAYPAL, SQUARE, CHAPA, Units()], ids=["stripe", "paypal", "square", "chapa", "plain"]
)
@given(amount=AMOUNTS)
def test_what_a_provider_can_be_told_comes_back_as_it_was(units: Units, amount: Money) -> None:
    if units.refusal(amount) is None:
        assert units.of_whole(units.whole(amount), amount.currency) == amount
        assert units.of_text(units.text(amount), amount.currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("49.90", "EUR", 4_990), ("49.9", "EUR", 4_990), ("49", "EUR", 4_900), ("7.000", "JPY", 7)]
)
def test_decimal_text_is_read_with_any_number_of_zeros(text: str, currency: str, minor: int) -> None:
    assert Units().of_text(text, Currency(currency)).minor == minor


@pytest.mark.parametrize("text", ["", "-1", "1e3", "1,00", " 1", "1.005", "NaN", "9" * 17, "٣", "1.", ".5", "1.00\n"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        Units().of_text(text, Currency("EUR"))
