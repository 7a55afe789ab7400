"""The port of second factors made true on PostgreSQL, with explicit locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.factors.model import Ceremony, Held, NewPasskey, Passkey, Purpose, Totp, Waiting
from domain.ids import AccountId, SessionId, new_id
from persistence.factors import statements
from persistence.factors.statements import PasskeyKept, WaitingKept
from persistence.transaction import Transaction


class FactorsRows:
    """`domain.factors.store.FactorsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def held(self, account_id: AccountId) -> Held:
        row = await self._transaction.row(statements.HELD, account_id=account_id)
        assert row is not None
        return Held(**row._asdict())

    async def opened_at(self, session_id: SessionId) -> datetime | None:
        row = await self._transaction.row(statements.OPENED, session_id=session_id)
        return row.created_at if row is not None else None

    async def lock_totp(self, account_id: AccountId) -> Totp | None:
        row = await self._transaction.row(statements.TOTP, account_id=account_id)
        return Totp(**row._asdict()) if row is not None else None

    async def set_totp(self, account_id: AccountId, *, secret: bytes, now: datetime) -> None:
        await self._transaction.run(statements.SET_TOTP, account_id=account_id, secret=secret, now=now)

    async def accept_step(self, account_id: AccountId, *, step: int, secret: bytes, now: datetime) -> None:
        await self._transaction.run(statements.ACCEPT_STEP, account_id=account_id, step=step, secret=secret, now=now)

    async def count_failure(self, account_id: AccountId, *, paused_until: datetime | None) -> None:
        await self._transaction.run(statements.COUNT_FAILURE, account_id=account_id, paused_until=paused_until)

    async def remove_totp(self, account_id: AccountId) -> None:
        await self._transaction.run(statements.REMOVE_TOTP, account_id=account_id)

    async def use_recovery_code(self, account_id: AccountId, code_hash: bytes, *, now: datetime) -> bool:
        used = await self._transaction.run(statements.USE_CODE, account_id=account_id, code_hash=code_hash, now=now)
        return used == 1

    async def replace_recovery_codes(self, account_id: AccountId, code_hashes: Sequence[bytes], *, now: datetime) -> None:
        await self._transaction.run(statements.FORGET_CODES, account_id=account_id)
        if code_hashes:
            made = [new_id() for _ in code_hashes]
            await self._transaction.run(
                statements.ADD_CODES, ids=made, account_id=account_id, code_hashes=list(code_hashes), now=now
            )

    async def passkeys(self, account_id: AccountId) -> list[Passkey]:
        return [_passkey(row) for row in await self._transaction.rows(statements.PASSKEYS, account_id=account_id)]

    async def passkey(self, credential_id: bytes) -> Passkey | None:
        row = await self._transaction.row(statements.PASSKEY, credential_id=credential_id)
        return _passkey(row) if row is not None else None

    async def lock_passkey(self, credential_id: bytes) -> Passkey | None:
        row = await self._transaction.row(statements.LOCKED_PASSKEY, credential_id=credential_id)
        return _passkey(row) if row is not None else None

    async def add_passkey(self, account_id: AccountId, passkey: NewPasskey, *, name: str, now: datetime) -> UUID | None:
        passkey_id = new_id()
        added = await self._transaction.run(
            statements.ADD_PASSKEY,
            id=passkey_id,
            account_id=account_id,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            transports=list(passkey.transports),
            is_backed_up=passkey.is_backed_up,
            name=name,
            now=now,
        )
        return passkey_id if added == 1 else None

    async def use_passkey(self, passkey_id: UUID, *, sign_count: int, now: datetime) -> None:
        await self._transaction.run(statements.USE_PASSKEY, passkey_id=passkey_id, sign_count=sign_count, now=now)

    async def rename_passkey(self, account_id: AccountId, passkey_id: UUID, *, name: str) -> bool:
        found = await self._transaction.run(statements.RENAME_PASSKEY, account_id=account_id, passkey_id=passkey_id, name=name)
        return found == 1

    async def remove_passkey(self, account_id: AccountId, passkey_id: UUID) -> bool:
        return await self._transaction.run(statements.REMOVE_PASSKEY, account_id=account_id, passkey_id=passkey_id) == 1

    async def remove_all(self, account_id: AccountId) -> int:
        await self._transaction.run(statements.FORGET_CODES, account_id=account_id)
        apps = await self._transaction.run(statements.REMOVE_TOTP, account_id=account_id)
        return apps + await self._transaction.run(statements.REMOVE_PASSKEYS, account_id=account_id)

    async def add_ceremony(self, ceremony_id: UUID, ceremony: Ceremony) -> None:
        await self._transaction.run(
            statements.ADD_CEREMONY,
            id=ceremony_id,
            purpose=ceremony.purpose.value,
            account_id=ceremony.account_id,
            challenge=ceremony.challenge,
            expires_at=ceremony.expires_at,
        )

    async def take_ceremony(self, ceremony_id: UUID, *, purpose: Purpose, now: datetime) -> Ceremony | None:
        row = await self._transaction.row(statements.TAKE_CEREMONY, id=ceremony_id, purpose=purpose.value, now=now)
        if row is None:
            return None
        return Ceremony(
            purpose=Purpose(row.purpose),
            account_id=AccountId(row.account_id) if row.account_id is not None else None,
            challenge=row.challenge,
            expires_at=row.expires_at,
        )

    async def add_waiting(self, waiting: Waiting) -> None:
        await self._transaction.run(
            statements.ADD_WAITING,
            id=waiting.id,
            account_id=waiting.account_id,
            proof=waiting.proof,
            expires_at=waiting.expires_at,
        )

    async def waiting(self, challenge_id: UUID) -> Waiting | None:
        return _waiting(await self._transaction.row(statements.WAITING, id=challenge_id))

    async def lock_waiting(self, challenge_id: UUID) -> Waiting | None:
        return _waiting(await self._transaction.row(statements.LOCKED_WAITING, id=challenge_id))

    async def count_try(self, challenge_id: UUID) -> None:
        await self._transaction.run(statements.COUNT_TRY, id=challenge_id)

    async def end_waiting(self, challenge_id: UUID) -> None:
        await self._transaction.run(statements.END_WAITING, id=challenge_id)

    async def forget_expired(self, *, before: datetime, count_max: int) -> int:
        ceremonies = await self._transaction.run(statements.FORGET_CEREMONIES, before=before, count=count_max)
        return ceremonies + await self._transaction.run(statements.FORGET_WAITING, before=before, count=count_max)


def _passkey(row: PasskeyKept) -> Passkey:
    return Passkey(
        id=row.id,
        account_id=AccountId(row.account_id),
        credential_id=row.credential_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        transports=tuple(row.transports),
    )


def _waiting(row: WaitingKept | None) -> Waiting | None:
    if row is None:
        return None
    return Waiting(id=row.id, account_id=AccountId(row.account_id), proof=row.proof, tries=row.tries, expires_at=row.expires_at)
