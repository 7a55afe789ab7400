"""What deeds that move money have in common: amounts in a known currency, and the caller's key."""

from __future__ import annotations

from collections.abc import Mapping

from domain.error import Invalid, UserError
from domain.idempotency import Claim, fingerprint
from domain.money import Currency, Money
from domain.viewer import Guest, actor_name
from schema.context import Context
from schema.scalars import amount_of


def amount_in(currency: str, said: str) -> Money | UserError:
    """An input's amount."""
    amount = amount_of(said, Currency(currency))
    return amount if amount is not None else Invalid(path=("input", "amount"), reason=f"This is no amount of {currency}.")


def claim_of(context: Context, mutation: str, said: Mapping[str, object], *, guest: str, key: str) -> Claim:
    """The caller's key for this deed; a guest's keys are those of what they hold the secret of."""
    actor = guest if isinstance(context.viewer, Guest) else actor_name(context.viewer)
    return Claim(actor=actor, mutation=mutation, key=key, fingerprint=fingerprint(said))
