"""Making apps and keys, and ending them. Secrets are shown in the answer of the mutation that made them, and never again."""

from __future__ import annotations

import strawberry

from domain.apps import actions, register
from domain.apps.model import Made
from domain.apps.register import AppChange, AppWords, KeyWords
from domain.error import Invalid, NotFound, UserError
from domain.ids import AccountId, AppId
from domain.staff.model import Channels
from domain.viewer import Customer, Staff
from persistence.apps import reads
from schema.apps.inputs import (
    ApiKeyCreateInput,
    ApiKeyRevokeInput,
    AppCreateInput,
    AppSecretRotateInput,
    AppUpdateInput,
    ConnectedAppEndInput,
)
from schema.apps.types import MANAGES, ApiKey, AppType
from schema.context import Context
from schema.ids import global_id
from schema.mutations import Answer, answered, deed
from schema.permissions import SIGNED_IN
from schema.staff.mutations import chosen_channels

SCOPES_AT_ONCE_MAX = 100
_APP = (AppType, "The app, as it is now.")
_SECRET = (str, "Its client secret. It is shown this once; null for a public client.")


@deed("Registers an app: an OAuth 2.0 client, or the bearer of API keys.", allow=MANAGES, app=_APP, client_secret=_SECRET)
async def app_create(context: Context, *, input: AppCreateInput) -> Answer | UserError:
    everywhere = input.every_channel and input.channels is None
    channels = await chosen_channels(context, every=everywhere, slugs=input.channels)
    if isinstance(channels, UserError):
        return channels
    if len(input.scopes) > SCOPES_AT_ONCE_MAX:
        return _too_many_scopes()
    words = AppWords(
        name=input.name,
        redirect_uris=tuple(input.redirect_uris),
        scopes=tuple(dict.fromkeys(input.scopes)),
        channels=channels or Channels(frozenset()),
        has_secret=input.has_secret,
    )
    return await _with_secret(context, await context.act(register.create_app, words=words, by=context.viewer, now=context.now))


@deed("Changes an app. It counts within ten seconds.", allow=MANAGES, app=_APP)
async def app_update(context: Context, *, input: AppUpdateInput) -> Answer | UserError:
    app_id = context.id_of("App", input.id)
    if app_id is None:
        return NotFound(path=("input", "id"), what="app")
    channels = await chosen_channels(context, every=input.every_channel, slugs=input.channels)
    if isinstance(channels, UserError):
        return channels
    if input.scopes is not None and len(input.scopes) > SCOPES_AT_ONCE_MAX:
        return _too_many_scopes()
    change = AppChange(
        name=input.name,
        redirect_uris=tuple(input.redirect_uris) if input.redirect_uris is not None else None,
        scopes=tuple(dict.fromkeys(input.scopes)) if input.scopes is not None else None,
        channels=channels,
        is_active=input.is_active,
    )
    outcome = await context.act(register.update_app, app_id=AppId(app_id), change=change, by=context.viewer)
    if isinstance(outcome, UserError):
        return outcome
    return answered(app=(await reads.apps_by_id(context.reader, [outcome]))[0])


@deed("Gives an app another secret; the one before is worth nothing at once.", allow=MANAGES, app=_APP, client_secret=_SECRET)
async def app_secret_rotate(context: Context, *, input: AppSecretRotateInput) -> Answer | UserError:
    app_id = context.id_of("App", input.id)
    if app_id is None:
        return NotFound(path=("input", "id"), what="app")
    return await _with_secret(context, await context.act(register.rotate_secret, app_id=AppId(app_id), by=context.viewer))


@deed(
    "Makes an API key of an app.",
    allow=MANAGES,
    api_key=(ApiKey, "The key, without its text."),
    secret=(str, "The key's text: send it as `Authorization: Bearer ...`. It is shown this once."),
)
async def api_key_create(context: Context, *, input: ApiKeyCreateInput) -> Answer | UserError:
    app_id = context.id_of("App", input.app_id)
    if app_id is None:
        return NotFound(path=("input", "app_id"), what="app")
    if len(input.scopes) > SCOPES_AT_ONCE_MAX:
        return _too_many_scopes()
    words = KeyWords(
        app_id=AppId(app_id), name=input.name, scopes=tuple(dict.fromkeys(input.scopes)), expires_at=input.expires_at
    )
    outcome = await context.act(register.create_key, words=words, by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(api_key=(await reads.keys_by_id(context.reader, [outcome.id]))[0], secret=outcome.secret)


@deed(
    "Makes an API key worth nothing, within ten seconds.",
    allow=MANAGES,
    api_key=(ApiKey, "The key, as it is now."),
)
async def api_key_revoke(context: Context, *, input: ApiKeyRevokeInput) -> Answer | UserError:
    key_id = context.id_of("ApiKey", input.id)
    if key_id is None:
        return NotFound(path=("input", "id"), what="key")
    outcome = await context.act(register.revoke_key, token_id=key_id, by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(api_key=(await reads.keys_by_id(context.reader, [key_id]))[0])


@deed(
    "Takes your consent back: within ten seconds the app can do nothing for you any more.",
    allow=SIGNED_IN,
    ended_id=(strawberry.ID, "The id of the consent that has ended."),
)
async def connected_app_end(context: Context, *, input: ConnectedAppEndInput) -> Answer | UserError:
    grant_id = context.id_of("ConnectedApp", input.id)
    viewer = context.viewer
    if grant_id is None or not isinstance(viewer, (Customer, Staff)):
        return NotFound(path=("input", "id"), what="consent")
    outcome = await context.act(actions.end_grant, grant_id=grant_id, account_id=AccountId(viewer.id), now=context.now)
    return outcome if isinstance(outcome, UserError) else answered(ended_id=global_id("ConnectedApp", outcome))


def _too_many_scopes() -> Invalid:
    return Invalid(path=("input", "scopes"), reason=f"Say {SCOPES_AT_ONCE_MAX} scopes at most.")


async def _with_secret(context: Context, outcome: Made | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    made = (await reads.apps_by_id(context.reader, [outcome.id]))[0]
    return answered(app=made, client_secret=outcome.secret or None)
