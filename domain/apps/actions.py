"""What happens to tokens and consents: one transaction each. What the protocol asks of a request is the edge's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.access.errors import InvalidCredentials
from domain.access.model import Proved
from domain.apps import rules
from domain.apps.model import (
    CODE_SECONDS,
    Client,
    Code,
    FactorMissing,
    Grant,
    Issue,
    NewToken,
    Over,
    Owner,
    SealedKey,
    Token,
    TokenKind,
    Wish,
)
from domain.apps.rules import Worth, app_id_of
from domain.audit.actions import note
from domain.audit.model import SecurityKind
from domain.error import NotFound
from domain.ids import AccountId, AppId, new_id
from domain.unit import Unit

NOTED_EVERY_SECONDS = 600
"""How exact the last use of a key is: it is written no more often."""
_KEPT_AFTER_END = timedelta(days=30)
_FORGOTTEN_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to know of a request at the OAuth endpoints; None for what it does not name, or what is not there."""

    client: Client | None = None
    code: Code | None = None
    token: Token | None = None
    owner: Owner | None = None


async def look_up(unit: Unit, *, client_id: str | None, code: str | None = None, token: str | None = None) -> Facts:
    """Reads what a request is about. Decided is later, under locks."""
    app_id = app_id_of(client_id) if client_id is not None else None
    client = await unit.apps.client(app_id) if app_id is not None else None
    digest, shown = rules.code_hash(code or ""), rules.token_hash(token or "")
    kept_code = await unit.apps.code(digest, lock=False) if digest is not None else None
    kept_token = await unit.apps.token(shown, lock=False) if shown is not None else None
    grant = kept_code.grant if kept_code is not None else kept_token.grant if kept_token is not None else None
    owner = await unit.apps.owner(grant.account_id) if grant is not None else None
    is_active = client is not None and client.is_active
    return Facts(client=client if is_active else None, code=kept_code, token=kept_token, owner=owner)


async def consent(
    unit: Unit, *, wish: Wish, proved: Proved, with_factor: bool, now: datetime
) -> str | InvalidCredentials | FactorMissing:
    """Keeps that a person lets an app do what it asked for; the code that the app exchanges for tokens, shown once."""
    account = await unit.access.lock_account(proved.account.id)
    if account is None or not account.is_active or account.password_hash != proved.account.password_hash:
        return InvalidCredentials(path=("input",))
    member = await unit.staff.member(account.id)
    if member is not None and member.role.words.requires_second_factor and not with_factor:
        return FactorMissing()
    grant_id, code = new_id(), rules.new_secret(rules.CODE)
    await unit.apps.add_grant(grant_id, wish, account.id, now=now)
    expires_at = now + timedelta(seconds=CODE_SECONDS)
    await unit.apps.add_code(rules.hash_of(code), grant_id, wish, now=now, expires_at=expires_at)
    return code


async def owner(unit: Unit, *, account_id: AccountId) -> Owner | None:
    """The person behind an account, while it is open."""
    found = await unit.apps.owner(account_id)
    return found if found is not None and found.is_active else None


async def signing_keys(unit: Unit) -> list[SealedKey]:
    """Every key that id tokens may still be signed with, the current one first."""
    return await unit.apps.signing_keys()


async def add_signing_key(
    unit: Unit, *, key: SealedKey, instead_of: UUID | None, forget_before: datetime, now: datetime
) -> UUID | None:
    """Makes a key the current one, unless another has taken the place of the one that was meant; which one it is."""
    await unit.staff.lock()
    kept = await unit.apps.signing_keys()
    if (kept[0].id if kept else None) != instead_of:
        return None
    await unit.apps.add_signing_key(key, now=now)
    await unit.apps.forget_keys(before=forget_before)
    return key.id


async def redeem_code(unit: Unit, *, client: Client, code: str, issue: Issue, now: datetime) -> bool:
    """Exchanges a code for tokens, once; False when it is worth nothing. A second use ends what the first one got."""
    digest = rules.code_hash(code)
    kept = await unit.apps.code(digest, lock=True) if digest is not None else None
    if digest is None or kept is None:
        return False
    match rules.code_worth(kept, client, now=now):
        case Worth.GOOD:
            await unit.apps.use_code(digest, now=now)
            await _issue(unit, client.id, kept.grant, issue, now)
            return True
        case Worth.STOLEN:
            await _end_stolen(unit, kept.grant, now)
            return False
        case Worth.NOTHING:
            return False


async def rotate(unit: Unit, *, client: Client, token: str, issue: Issue, now: datetime) -> bool:
    """Exchanges a refresh token for its follower and an access token, once; a second use ends the consent."""
    digest = rules.token_hash(token)
    kept = await unit.apps.token(digest, lock=True) if digest is not None else None
    if kept is None:
        return False
    match rules.refresh_worth(kept, client, now=now):
        case Worth.GOOD:
            await unit.apps.use_token(kept.id, now=now)
            await _issue(unit, client.id, kept.grant, issue, now)
            return True
        case Worth.STOLEN if kept.grant is not None:
            await _end_stolen(unit, kept.grant, now)
            return False
        case _:
            return False


async def issue_own(unit: Unit, *, client: Client, issue: Issue, now: datetime) -> bool:
    """Gives an app an access token of its own (RFC 6749 section 4.4)."""
    await _issue(unit, client.id, None, issue, now)
    return True


async def revoke(unit: Unit, *, client: Client, token: str, now: datetime) -> None:
    """Makes a token worth nothing (RFC 7009); with a refresh token, all that came of the consent. Others' stay as they are."""
    digest = rules.token_hash(token)
    kept = await unit.apps.token(digest, lock=True) if digest is not None else None
    if kept is None or kept.app_id != client.id:
        return
    if kept.kind is TokenKind.REFRESH and kept.grant is not None:
        await unit.apps.end_grant(kept.grant.id, because=Over.REVOKED, now=now)
    else:
        await unit.apps.revoke_token(kept.id, now=now)


async def end_grant(unit: Unit, *, grant_id: UUID, account_id: AccountId, now: datetime) -> UUID | NotFound:
    """A person takes their consent back: the app's tokens for them are worth nothing within seconds. Twice is fine."""
    if not await unit.apps.end_grant(grant_id, because=Over.REVOKED, now=now, account_id=account_id):
        return NotFound(path=("input", "id"), what="consent")
    return grant_id


async def note_use(unit: Unit, *, token_id: UUID, now: datetime) -> None:
    """Notes that a token was used, now and then."""
    await unit.apps.note_use(token_id, now=now, again_after_seconds=NOTED_EVERY_SECONDS)


async def forget_old(unit: Unit, *, now: datetime) -> int:
    """Drops tokens and codes a month after their end; how many tokens, 0 when it is done."""
    return await unit.apps.forget(before=now - _KEPT_AFTER_END, count_max=_FORGOTTEN_AT_ONCE)


async def _end_stolen(unit: Unit, grant: Grant, now: datetime) -> None:
    await unit.apps.end_grant(grant.id, because=Over.REUSED, now=now)
    await note(unit, account_id=grant.account_id, kind=SecurityKind.TOKEN_REUSED, now=now)


async def _issue(unit: Unit, app_id: AppId, grant: Grant | None, issue: Issue, now: datetime) -> None:
    access_until = now + timedelta(seconds=issue.access_seconds)
    access = _kept(app_id, grant, TokenKind.ACCESS, text=issue.access, scopes=issue.scopes, expires_at=access_until)
    await unit.apps.add_token(access, now=now)
    if issue.refresh is not None and grant is not None:
        until = now + timedelta(seconds=issue.refresh_seconds)
        # The refresh token keeps all that was agreed to: a narrower access token is narrower for itself alone.
        follower = _kept(app_id, grant, TokenKind.REFRESH, text=issue.refresh, scopes=grant.scopes, expires_at=until)
        await unit.apps.add_token(follower, now=now)


def _kept(
    app_id: AppId, grant: Grant | None, kind: TokenKind, *, text: str, scopes: tuple[str, ...], expires_at: datetime
) -> NewToken:
    return NewToken(
        id=new_id(),
        app_id=app_id,
        grant_id=grant.id if grant is not None else None,
        kind=kind,
        token_hash=rules.hash_of(text),
        hint=text[: rules.HINT_LENGTH],
        name=None,
        scopes=scopes,
        created_by=f"app:{app_id}",
        expires_at=expires_at,
    )
