"""Logging in, going on, and logging out. Counting attempts and hashing are the flows' business."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import actions, flows
from domain.access.errors import EmailUnverified
from domain.access.model import Device, LoggedIn, Proved, Throttled
from domain.access.provider import Busy
from domain.customers.errors import ValueMissing
from domain.error import NotFound, UserError
from domain.factors import flows as factors
from domain.factors.model import Challenged
from domain.ids import AccountId, CustomerId, SessionId
from domain.viewer import Customer, Staff
from schema.access.inputs import PasswordChangeInput, SessionEndInput, TokenCreateInput, TokenRefreshInput, TokenRevokeInput
from schema.carts.mutations import THE_CART, bring_cart
from schema.context import Context
from schema.factors.types import LogInChallenge
from schema.ids import global_id
from schema.mutations import Answer, alone, answered, deed
from schema.permissions import EVERYONE, SIGNED_IN
from schema.refusal import Refusal, too_many

TOKENS = {
    "access_token": (str, "Send it as `Authorization: Bearer ...`. Null with `X-Session: cookie`, where it is in a cookie."),
    "access_token_expires_at": (datetime, "When the access token ends, UTC. Get the next one before that."),
    "refresh_token": (str, "Good for one `tokenRefresh`. Keep it like a password. Null with `X-Session: cookie`."),
    "refresh_token_expires_at": (datetime, "When the session ends unless it is refreshed before, UTC."),
}

CHALLENGE = (LogInChallenge, "In place of tokens, where a second factor is asked for: go on with `mfaChallengeComplete`.")


@contextmanager
def hashing() -> Iterator[None]:
    """Around work that may find the machine busy."""
    try:
        yield
    except Busy as busy:
        raise Refusal("OVERLOADED", "The shop is very busy. Nothing was changed; please try again in a moment.") from busy


def device_of(context: Context) -> Device:
    """Where the caller acts from."""
    return Device(agent=context.caller.user_agent or "", address=context.caller.address)


def _tokens(context: Context, outcome: LoggedIn | UserError) -> Answer | UserError:
    """The tokens in the answer; for who keeps their session in cookies there, and not in the answer."""
    if isinstance(outcome, UserError):
        return outcome
    access, session, jar = outcome.access, outcome.session, context.caller.jar
    things: dict[str, object] = {
        "access_token_expires_at": access.expires_at,
        "refresh_token_expires_at": session.refresh_expires_at,
    }
    if jar is None:
        return Answer({**things, "access_token": access.text, "refresh_token": session.refresh_token})
    jar.keep(
        access=access.text,
        access_expires_at=access.expires_at,
        refresh=session.refresh_token,
        refresh_expires_at=session.refresh_expires_at,
        now=context.now,
    )
    return Answer(dict(things))


@alone
@deed(
    "Logs in, as a customer or as staff. Attempts are counted: see the error RATE_LIMITED. With `cartId`, the cart filled as a "
    "guest comes along, as `cartAssociate` says. An account with a second factor answers a challenge in place of tokens.",
    allow=EVERYONE,
    cart=THE_CART,
    challenge=CHALLENGE,
    **TOKENS,
)
async def token_create(
    context: Context,
    *,
    input: Annotated[TokenCreateInput, strawberry.argument(description="Who logs in.")],
) -> Answer | UserError:
    device, access = device_of(context), context.ports.access
    with hashing():
        proved = await flows.prove(
            context.act, access, email=input.email, password=input.password, device=device, now=context.now
        )
    if not isinstance(proved, Proved):
        return await entered(context, proved, None)
    if (unverified := await admitted(context, proved)) is not None:
        return unverified
    outcome = await factors.enter(context.act, access, context.ports.factors, proved, device=device, now=context.now)
    return await entered(context, outcome, input.cart_id)


async def admitted(context: Context, proved: Proved) -> EmailUnverified | None:
    """Why somebody who has proved to own an account may not come in here all the same, whichever way they proved it."""
    if not proved.account.is_verified and await context.ports.places.asks_verification(context.reader, context.wish.channel):
        return EmailUnverified(path=("input",))
    return None


async def entered(
    context: Context, outcome: LoggedIn | Challenged | UserError | Throttled, cart_id: str | None
) -> Answer | UserError:
    """What a log-in answers, whichever way it was made: the tokens and the cart that comes along, a challenge, or why not."""
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    if isinstance(outcome, Challenged):
        return answered(challenge=outcome)
    tokens = _tokens(context, outcome)
    if isinstance(outcome, UserError) or isinstance(tokens, UserError) or cart_id is None:
        return tokens
    moved = await bring_cart(context, cart_id, CustomerId(outcome.session.account_id))
    return Answer({**tokens.things, **moved.things}, warnings=moved.warnings)


@deed("Goes on with a session: a refresh token for the next one and a new access token.", allow=EVERYONE, **TOKENS)
async def token_refresh(
    context: Context,
    *,
    input: Annotated[TokenRefreshInput, strawberry.argument(description="The session.")],
) -> Answer | UserError:
    jar = context.caller.jar
    token = input.refresh_token if input.refresh_token is not None or jar is None else jar.refresh_token
    if token is None:
        return ValueMissing(path=("input", "refresh_token"))
    return _tokens(context, await flows.refresh(context.act, context.ports.access, token=token, now=context.now))


@deed(
    "Logs out: ends the session of a refresh token, or of this request. A token that is not known is no error (RFC 7009).",
    allow=EVERYONE,
    revoked=(bool, "True: the token, if there ever was such a one, is worth nothing now."),
)
async def token_revoke(
    context: Context,
    *,
    input: Annotated[TokenRevokeInput, strawberry.argument(description="The session.")],
) -> Answer | UserError:
    token = input.refresh_token
    if (jar := context.caller.jar) is not None:
        token = token or jar.refresh_token
        jar.drop()
    if token is not None:
        ended = await context.act(actions.revoke_token, token=token, now=context.now)
        if ended is not None:
            context.ports.standings.forget(ended)
        return answered(revoked=True)
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return ValueMissing(path=("input", "refresh_token"))
    return await _end(context, viewer, viewer.session) or answered(revoked=True)


@deed(
    "Logs out everywhere. Access tokens that are about end within 30 seconds.",
    allow=SIGNED_IN,
    sessions_ended=(int, "How many sessions that ended, this one among them."),
)
async def tokens_revoke_all(context: Context) -> Answer | UserError:
    viewer = signed_in(context)
    count = await context.act(actions.end_sessions, account_id=AccountId(viewer.id), now=context.now)
    if context.caller.jar is not None:
        context.caller.jar.drop()
    context.ports.standings.forget(viewer.session)
    return answered(sessions_ended=count)


@deed("Logs out one of your devices.", allow=SIGNED_IN, session_id=(strawberry.ID, "The session that has ended."))
async def session_end(
    context: Context,
    *,
    input: Annotated[SessionEndInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    session_id = context.id_of("Session", input.id)
    if session_id is None:
        return NotFound(path=("input", "id"), what="session")
    failure = await _end(context, signed_in(context), SessionId(session_id))
    return failure or answered(session_id=global_id("Session", session_id))


@alone
@deed(
    "Changes your password. Every other session of yours ends.",
    allow=SIGNED_IN,
    changed_at=(datetime, "When it was changed, UTC."),
)
async def password_change(
    context: Context,
    *,
    input: Annotated[PasswordChangeInput, strawberry.argument(description="Both passwords.")],
) -> Answer | UserError:
    viewer = signed_in(context)
    with hashing():
        outcome = await flows.change_password(
            context.act,
            context.ports.access,
            account_id=AccountId(viewer.id),
            session_id=viewer.session,
            current=input.current_password,
            password=input.new_password,
            address=context.caller.address,
            now=context.now,
        )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(changed_at=context.now)


async def _end(context: Context, viewer: Customer | Staff, session_id: SessionId) -> NotFound | None:
    outcome = await context.act(
        actions.end_session,
        account_id=AccountId(viewer.id),
        session_id=session_id,
        at=("input", "id"),
        now=context.now,
    )
    context.ports.standings.forget(session_id)
    return outcome if isinstance(outcome, NotFound) else None


def signed_in(context: Context) -> Customer | Staff:
    """The viewer of a field that only signed-in people may ask; Vitrine's own machines have no session to speak of."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        raise Refusal("PERMISSION_DENIED", "This is for people who are logged in.")
    return viewer
