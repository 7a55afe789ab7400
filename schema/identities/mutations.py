"""Logging in at other providers (OpenID Connect, OAuth 2 with PKCE), and linking them to one's account."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.error import NotFound, UserError
from domain.factors.model import Unproved
from domain.identities import actions, flows
from domain.ids import AccountId
from persistence.identities import reads
from schema.access.mutations import CHALLENGE, TOKENS, admitted, device_of, entered, hashing, signed_in
from schema.carts.mutations import THE_CART
from schema.context import Context
from schema.factors.mutations import proved_again, told
from schema.identities.inputs import (
    IdentityLinkCompleteInput,
    IdentityLinkStartInput,
    IdentityUnlinkInput,
    SocialLoginCompleteInput,
    SocialLoginStartInput,
    returned,
)
from schema.identities.types import Identity, SocialLoginJourney
from schema.mutations import Answer, alone, answered, deed
from schema.permissions import EVERYONE, SIGNED_IN

_JOURNEY = (SocialLoginJourney, "Where to send the browser.")


@alone
@deed("Begins a log-in at another provider: where to send the browser.", allow=EVERYONE, journey=_JOURNEY)
async def social_login_start(
    context: Context,
    *,
    input: Annotated[SocialLoginStartInput, strawberry.argument(description="Where to log in.")],
) -> Answer | UserError:
    outcome = await flows.start(
        context.act,
        context.ports.identities,
        provider=input.provider,
        redirect_url=input.redirect_url,
        now=context.now,
    )
    return outcome if isinstance(outcome, UserError) else answered(journey=outcome)


@alone
@deed(
    "Ends a log-in at another provider. A first one opens a customer's account, if the provider vouches for an address that "
    "nobody here has; one whose address is known here is told to link the provider from inside that account.",
    allow=EVERYONE,
    cart=THE_CART,
    challenge=CHALLENGE,
    **TOKENS,
)
async def social_login_complete(
    context: Context,
    *,
    input: Annotated[SocialLoginCompleteInput, strawberry.argument(description="What came back.")],
) -> Answer | UserError:
    ports = context.ports
    with hashing():
        outcome = await flows.log_in(
            context.act,
            ports.access,
            ports.factors,
            ports.identities,
            returned=returned(input),
            admit=lambda proved: admitted(context, proved),
            device=device_of(context),
            now=context.now,
        )
    return await entered(context, outcome, input.cart_id)


@alone
@deed("Begins to link another provider to your account: where to send the browser.", allow=SIGNED_IN, journey=_JOURNEY)
async def identity_link_start(
    context: Context,
    *,
    input: Annotated[IdentityLinkStartInput, strawberry.argument(description="Which, and proof that it is you.")],
) -> Answer | UserError:
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    outcome = await flows.start_link(
        context.act,
        context.ports.identities,
        context.ports.factors,
        again=again,
        provider=input.provider,
        redirect_url=input.redirect_url,
        now=context.now,
    )
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(journey=outcome)


@alone
@deed(
    "Links the provider that the browser comes back from: it opens your account from now on.",
    allow=SIGNED_IN,
    identity=(Identity, "The link."),
)
async def identity_link_complete(
    context: Context,
    *,
    input: Annotated[IdentityLinkCompleteInput, strawberry.argument(description="What came back.")],
) -> Answer | UserError:
    account_id = AccountId(signed_in(context).id)
    outcome = await flows.link(
        context.act, context.ports.identities, account_id=account_id, returned=returned(input), now=context.now
    )
    if isinstance(outcome, UserError):
        return outcome
    mine = (await reads.identities(context.reader, [account_id]))[0]
    return answered(identity=next((each for each in mine if each.id == outcome), None))


@alone
@deed(
    "Cuts a link: the provider opens your account no more. The last way to log in stays.",
    allow=SIGNED_IN,
    identity_id=(strawberry.ID, "The link that is no more."),
)
async def identity_unlink(
    context: Context,
    *,
    input: Annotated[IdentityUnlinkInput, strawberry.argument(description="Which, and proof that it is you.")],
) -> Answer | UserError:
    identity_id = context.id_of("Identity", input.id)
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    if identity_id is None:
        return NotFound(path=("input", "id"), what="identity")
    outcome = await context.act(
        actions.unlink, factors=context.ports.factors, again=again, identity_id=identity_id, now=context.now
    )
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(identity_id=input.id)
