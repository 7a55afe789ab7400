"""Making apps and their keys, by who may: never with more than they hold themselves, under the one lock of who may do what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.apps import rules, scopes
from domain.apps.errors import AppHasNoSecret, TooManyKeys
from domain.apps.model import (
    DEVELOPMENT,
    DEVELOPMENT_SECONDS_MAX,
    KEYS_PER_APP_MAX,
    NAME_LENGTH_MAX,
    Client,
    Made,
    NewToken,
    TokenKind,
)
from domain.error import Invalid, NotFound, Path, UserError
from domain.ids import AppId, new_id
from domain.staff.actions import reach_of
from domain.staff.errors import NameTaken
from domain.staff.model import Channels, Reach
from domain.staff.rules import beyond
from domain.unit import Unit
from domain.viewer import Viewer, actor_name

ID = ("input", "id")
APP = ("input", "app_id")
NAME = ("input", "name")
SCOPES = ("input", "scopes")
CHANNELS = ("input", "channels")
REDIRECTS = ("input", "redirect_uris")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWords:
    """What is said of a new app. Without a secret it is a public client, which cannot ask for tokens of its own."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    channels: Channels
    has_secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppChange:
    """What changes of an app; None leaves it as it is."""

    name: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    channels: Channels | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWords:
    """What is said of a new key; `expires_at` None: until it is revoked."""

    app_id: AppId
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


async def create_app(unit: Unit, *, words: AppWords, by: Viewer, now: datetime) -> Made | UserError:
    """Makes an app; its secret is shown this once, "" for a public client."""
    client = Client(
        id=AppId(new_id()),
        name=words.name.strip(),
        secret_hash=None,
        redirect_uris=words.redirect_uris,
        scopes=frozenset(words.scopes),
        channels=words.channels.only,
        is_active=True,
    )
    await unit.staff.lock()
    if (problem := await _problem(unit, client, words.scopes, by)) is not None:
        return problem
    secret = rules.new_secret(rules.CLIENT_SECRET) if words.has_secret else ""
    client = replace(client, secret_hash=rules.hash_of(secret) if secret else None)
    if not await unit.apps.add(client, created_by=actor_name(by), now=now):
        return NameTaken(path=NAME)
    await unit.apps.limit(client.id, client.channels)
    return Made(client.id, secret)


async def update_app(unit: Unit, *, app_id: AppId, change: AppChange, by: Viewer) -> AppId | UserError:
    """Changes an app. What it could do before and can do after must all be the changer's too."""
    client = await _in_reach(unit, app_id, by, at=ID)
    if isinstance(client, UserError):
        return client
    changed = replace(
        client,
        name=change.name.strip() if change.name is not None else client.name,
        redirect_uris=change.redirect_uris if change.redirect_uris is not None else client.redirect_uris,
        scopes=frozenset(change.scopes) if change.scopes is not None else client.scopes,
        channels=change.channels.only if change.channels is not None else client.channels,
        is_active=change.is_active if change.is_active is not None else client.is_active,
    )
    if (problem := await _problem(unit, changed, change.scopes or (), by)) is not None:
        return problem
    if not await unit.apps.replace(changed):
        return NameTaken(path=NAME)
    await unit.apps.limit(app_id, changed.channels)
    return app_id


async def rotate_secret(unit: Unit, *, app_id: AppId, by: Viewer) -> Made | UserError:
    """Gives an app another secret, shown this once; the one before is worth nothing from now on."""
    client = await _in_reach(unit, app_id, by, at=ID)
    if isinstance(client, UserError):
        return client
    if client.secret_hash is None:
        return AppHasNoSecret(path=ID)
    secret = rules.new_secret(rules.CLIENT_SECRET)
    await unit.apps.set_secret(app_id, rules.hash_of(secret))
    return Made(app_id, secret)


async def create_key(unit: Unit, *, words: KeyWords, by: Viewer, now: datetime) -> Made | UserError:
    """Makes an API key of an app with scopes of its own, shown this once."""
    client = await _in_reach(unit, words.app_id, by, at=APP)
    if isinstance(client, UserError):
        return client
    if (problem := _name_problem(words.name) or rules.scope_problem(words.scopes, client.scopes, at=SCOPES)) is not None:
        return problem
    if words.expires_at is not None and words.expires_at <= now:
        return Invalid(path=("input", "expires_at"), reason="A key ends in the future.")
    if await unit.apps.count_keys(client.id) >= KEYS_PER_APP_MAX:
        return TooManyKeys(path=APP, keys_max=KEYS_PER_APP_MAX)
    key = _named(TokenKind.KEY, client.id, words, by)
    await unit.apps.add_token(key[0], now=now)
    return key[1]


async def revoke_key(unit: Unit, *, token_id: UUID, by: Viewer, now: datetime) -> AppId | UserError:
    """Makes a key worth nothing within seconds; the app that it was of. Twice is fine."""
    token = await unit.apps.key(token_id)
    if token is None:
        return NotFound(path=ID, what="key")
    client = await _in_reach(unit, token.app_id, by, at=ID)
    if isinstance(client, UserError):
        return client
    await unit.apps.revoke_token(token_id, now=now)
    return client.id


async def issue_for_development(
    unit: Unit, *, scopes_asked: tuple[str, ...], seconds: int, by: Viewer, now: datetime
) -> Made | UserError:
    """A token for development, of an app that is made for all of them; whoever has the command line may do everything."""
    if (problem := rules.scope_problem(scopes_asked, None, at=SCOPES)) is not None:
        return problem
    if not 0 < seconds <= DEVELOPMENT_SECONDS_MAX:
        days = DEVELOPMENT_SECONDS_MAX // 86_400
        return Invalid(path=("input", "ttl"), reason=f"A token for development lives {days} days at most.")
    await unit.staff.lock()
    app_id = await unit.apps.named(DEVELOPMENT)
    if app_id is None:
        words = AppWords(name=DEVELOPMENT, redirect_uris=(), scopes=(scopes.WRITE,), channels=Channels(None), has_secret=False)
        made = await create_app(unit, words=words, by=by, now=now)
        if isinstance(made, UserError):
            return made
        app_id = AppId(made.id)
    said = KeyWords(app_id=app_id, name=DEVELOPMENT, scopes=scopes_asked, expires_at=now + timedelta(seconds=seconds))
    kept, shown = _named(TokenKind.DEVELOPMENT, app_id, said, by)
    await unit.apps.add_token(kept, now=now)
    return shown


def _named(kind: TokenKind, app_id: AppId, words: KeyWords, by: Viewer) -> tuple[NewToken, Made]:
    text, token_id = rules.new_secret(rules.PREFIXES[kind]), new_id()
    kept = NewToken(
        id=token_id,
        app_id=app_id,
        grant_id=None,
        kind=kind,
        token_hash=rules.hash_of(text),
        hint=text[: rules.HINT_LENGTH],
        name=words.name.strip(),
        scopes=words.scopes,
        created_by=actor_name(by),
        expires_at=words.expires_at,
    )
    return kept, Made(token_id, text)


async def _in_reach(unit: Unit, app_id: AppId, by: Viewer, *, at: Path) -> Client | UserError:
    """The app, under the lock of staff, if it may do no more than whoever acts."""
    await unit.staff.lock()
    client = await unit.apps.client(app_id)
    if client is None:
        return NotFound(path=at, what="app")
    theirs = Reach(scopes.permissions_in(client.scopes), client.channels)
    return beyond(await reach_of(unit, by), theirs, at=at) or client


async def _problem(unit: Unit, client: Client, asked: tuple[str, ...], by: Viewer) -> UserError | None:
    if (problem := _name_problem(client.name)) is not None:
        return problem
    if (problem := rules.redirect_problem(client.redirect_uris, at=REDIRECTS)) is not None:
        return problem
    if (problem := rules.scope_problem(asked, None, at=SCOPES)) is not None:
        return problem
    theirs = Reach(scopes.permissions_in(client.scopes), client.channels)
    return beyond(await reach_of(unit, by), theirs, at=SCOPES, channels_at=CHANNELS)


def _name_problem(name: str) -> Invalid | None:
    if name.strip() and len(name) <= NAME_LENGTH_MAX and name.isprintable():
        return None
    return Invalid(path=NAME, reason=f"A name has 1 to {NAME_LENGTH_MAX} printable characters.")
