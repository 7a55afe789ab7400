"""What can be said to make apps and keys, and to end them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.apps.model import NAME_LENGTH_MAX, REDIRECT_URIS_MAX

_NAME = f"What it is called, 1 to {NAME_LENGTH_MAX} characters; no other app may have the name."
_REDIRECTS = (
    f"Where people are sent back to, {REDIRECT_URIS_MAX} addresses at most: https, http on the person's own machine, or an app's "
    "own scheme. They are compared letter by letter, but for the port on the person's own machine."
)
_SCOPES = "The most it may be given, as `scopes` lists them; you must hold all of it yourself."
_EVERYWHERE = "True: in every channel, those to come among them. Instead of `channels`."


@strawberry.input(name="AppCreateInput", description="A new app.")
class AppCreateInput:
    name: str = strawberry.field(description=_NAME)
    scopes: list[str] = strawberry.field(description=_SCOPES)
    redirect_uris: list[str] = strawberry.field(default_factory=list, description=_REDIRECTS)
    has_secret: bool = strawberry.field(
        default=True,
        description="False for a public client, which runs where nobody can keep a secret: in browsers and on phones.",
    )
    every_channel: bool = strawberry.field(
        default=True,
        description="Whether it works in every channel, those to come among them; false without `channels`: in none.",
    )
    channels: list[str] | None = strawberry.field(
        default=None, description="The slugs of the channels it works in, instead of every one."
    )


@strawberry.input(name="AppUpdateInput", description="What changes of an app; what is not said stays as it is.")
class AppUpdateInput:
    id: strawberry.ID = strawberry.field(description="The app; you must hold all that it may be given.")
    name: str | None = strawberry.field(default=None, description=_NAME)
    scopes: list[str] | None = strawberry.field(default=None, description=_SCOPES)
    redirect_uris: list[str] | None = strawberry.field(default=None, description=_REDIRECTS)
    every_channel: bool = strawberry.field(default=False, description=_EVERYWHERE)
    channels: list[str] | None = strawberry.field(
        default=None, description="The slugs of all channels it works in from now on."
    )
    is_active: bool | None = strawberry.field(
        default=None, description="False: its tokens and keys are good for nothing, within ten seconds."
    )


@strawberry.input(name="AppSecretRotateInput", description="An app that is to have another secret.")
class AppSecretRotateInput:
    id: strawberry.ID = strawberry.field(description="The app; you must hold all that it may be given.")


@strawberry.input(name="ApiKeyCreateInput", description="A new API key.")
class ApiKeyCreateInput:
    app_id: strawberry.ID = strawberry.field(description="Whose; you must hold all that the app may be given.")
    name: str = strawberry.field(description=f"What it is called, 1 to {NAME_LENGTH_MAX} characters.")
    scopes: list[str] = strawberry.field(description="What it may be used for: of what the app may be given.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends by itself; null for never.")


@strawberry.input(name="ApiKeyRevokeInput", description="An API key that is good for nothing any more.")
class ApiKeyRevokeInput:
    id: strawberry.ID = strawberry.field(description="The key.")


@strawberry.input(name="ConnectedAppEndInput", description="An app that is to do nothing for you any more.")
class ConnectedAppEndInput:
    id: strawberry.ID = strawberry.field(description="Which; one of your own `connectedApps`.")
