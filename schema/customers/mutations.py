"""Registering, telling about oneself, and keeping an address book."""

from __future__ import annotations

from dataclasses import astuple
from typing import Annotated, Any

import strawberry

from domain.access.model import Throttled
from domain.customers import actions, flows, rules
from domain.customers.flows import Registration
from domain.customers.model import Defaults, kept
from domain.error import Invalid, NotFound, Path, Several, UserError
from domain.idempotency import Claim, fingerprint
from domain.ids import AddressId
from domain.viewer import actor_name
from persistence.customers import reads
from schema.access.mutations import hashing
from schema.context import Context
from schema.customers.addresses import checked_address
from schema.customers.inputs import (
    AddressCreateInput,
    AddressDeleteInput,
    AddressSetDefaultInput,
    AddressUpdateInput,
    CustomerRegisterInput,
    CustomerUpdateInput,
)
from schema.customers.types import Customer, CustomerAddress
from schema.customers.viewer import own_id
from schema.ids import global_id
from schema.mutations import Answer, Keyed, alone, answered, deed, keyed
from schema.notices.numbers import NO_SMS
from schema.permissions import CUSTOMER, EVERYONE
from schema.refusal import too_many

ADDRESS = ("input", "address")
_ENTRY = {"address": (CustomerAddress, "The entry in the book.")}


@alone
@deed(
    "Registers a customer. The answer is the same whether or not the address has an account: a known owner is told by mail.",
    allow=EVERYONE,
    email=(str, "The address that mail was sent to. Log in with `tokenCreate`."),
)
@keyed(Keyed.KEPT)
async def customer_register(
    context: Context,
    *,
    input: Annotated[CustomerRegisterInput, strawberry.argument(description="Who registers.")],
) -> Answer | UserError:
    registration = Registration(
        email=input.email,
        password=input.password,
        first_name=input.first_name,
        last_name=input.last_name,
        phone=input.phone,
        language=input.language,
    )
    with hashing():
        outcome = await flows.register(
            context.act,
            context.ports.access,
            context.ports.addresses,
            registration,
            address=context.caller.address,
            now=context.now,
        )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(email=outcome.email)


@deed("Changes what you tell about yourself.", allow=CUSTOMER, customer=(Customer, "You, as you are now."))
async def customer_update(
    context: Context,
    *,
    input: Annotated[CustomerUpdateInput, strawberry.argument(description="What to change.")],
) -> Answer | UserError:
    first = None if input.first_name is None else rules.name(input.first_name, at=("input", "first_name"))
    last = None if input.last_name is None else rules.name(input.last_name, at=("input", "last_name"))
    language = None if input.language is None else rules.language(input.language, at=("input", "language"))
    phone = input.phone
    checked = context.ports.addresses.phone(phone, country=None, at=("input", "phone")) if phone else phone
    if (
        isinstance(first, UserError)
        or isinstance(last, UserError)
        or isinstance(language, UserError)
        or isinstance(checked, UserError)
    ):
        return Several(errors=tuple(each for each in (first, last, checked, language) if isinstance(each, UserError)))
    if input.wants_sms and not context.ports.notices.sends_sms:
        return Invalid(path=("input", "wants_sms"), reason=NO_SMS)
    outcome = await context.act(
        actions.update_profile,
        customer_id=own_id(context),
        first_name=first,
        last_name=last,
        phone=checked,
        language=language,
        wants_sms=input.wants_sms,
    )
    if isinstance(outcome, UserError):
        return outcome
    return answered(customer=(await reads.customers(context.reader, [outcome]))[0])


@deed("Adds an address to your book. With `@idempotent` it is added once however often it is said.", allow=CUSTOMER, **_ENTRY)
async def address_create(
    context: Context,
    *,
    input: Annotated[AddressCreateInput, strawberry.argument(description="The address.")],
) -> Answer | UserError:
    address = checked_address(context.ports.addresses, input.address, at=ADDRESS)
    if isinstance(address, UserError):
        return address
    defaults = Defaults(shipping=input.default_shipping, billing=input.default_billing)
    outcome = await context.act(
        actions.add_address,
        customer_id=own_id(context),
        address=address,
        defaults=defaults,
        claim=_claim(context, "addressCreate", {"address": kept(address), "defaults": astuple(defaults)}),
        now=context.now,
    )
    return outcome if isinstance(outcome, UserError) else await _entry(context, outcome)


@deed("Replaces an address in your book. Orders keep theirs.", allow=CUSTOMER, **_ENTRY)
async def address_update(
    context: Context,
    *,
    input: Annotated[AddressUpdateInput, strawberry.argument(description="The change.")],
) -> Answer | UserError:
    address_id = _address_id(context, input.id)
    if isinstance(address_id, UserError):
        return address_id
    address = checked_address(context.ports.addresses, input.address, at=ADDRESS)
    if isinstance(address, UserError):
        return address
    outcome = await context.act(actions.update_address, customer_id=own_id(context), address_id=address_id, address=address)
    return outcome if isinstance(outcome, UserError) else await _entry(context, outcome)


@deed("Makes an address the first choice for parcels, for bills, or for both.", allow=CUSTOMER, **_ENTRY)
async def address_set_default(
    context: Context,
    *,
    input: Annotated[AddressSetDefaultInput, strawberry.argument(description="Which, and for what.")],
) -> Answer | UserError:
    address_id = _address_id(context, input.id)
    if isinstance(address_id, UserError):
        return address_id
    if not (input.shipping or input.billing):
        return Invalid(path=("input",), reason="Say what it shall be the default for: shipping, billing or both.")
    outcome = await context.act(
        actions.set_default_address,
        customer_id=own_id(context),
        address_id=address_id,
        kinds=Defaults(shipping=input.shipping, billing=input.billing),
    )
    return outcome if isinstance(outcome, UserError) else await _entry(context, outcome)


@deed(
    "Forgets an address. If it was a default, there is none until you choose one.",
    allow=CUSTOMER,
    deleted_id=(strawberry.ID, "The id that is no more."),
)
async def address_delete(
    context: Context,
    *,
    input: Annotated[AddressDeleteInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    address_id = _address_id(context, input.id)
    if isinstance(address_id, UserError):
        return address_id
    outcome = await context.act(actions.remove_address, customer_id=own_id(context), address_id=address_id)
    return outcome if isinstance(outcome, UserError) else answered(deleted_id=global_id("CustomerAddress", outcome))


def _claim(context: Context, mutation: str, said: dict[str, Any]) -> Claim | None:
    """The caller's key for this deed, if they gave one."""
    if context.key is None:
        return None
    return Claim(actor=actor_name(context.viewer), mutation=mutation, key=context.key, fingerprint=fingerprint(said))


def _address_id(context: Context, text: str, at: Path = actions.ADDRESS_ID) -> AddressId | NotFound:
    found = context.id_of("CustomerAddress", text)
    return NotFound(path=at, what="address") if found is None else AddressId(found)


async def _entry(context: Context, address_id: AddressId) -> Answer | NotFound:
    """The entry as it is now; not found when a repeated key tells of one that was deleted since."""
    found = await reads.entries(context.reader, [address_id], customer_id=own_id(context))
    return answered(address=found[0]) if found[0] is not None else NotFound(path=("input",), what="address")
