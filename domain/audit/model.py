"""The words of the record: from where somebody acts, what was done by whom, and what touched an account's safety."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import AccountId, SessionId

DEVICE_LENGTH_MAX = 200
SEALED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """From where a unit of work was asked for: network address and User-Agent as they came, and the request's id."""

    address: str | None = None
    agent: str = ""
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A mutation that goes on record. `action` is its name in the API; `said` its arguments without texts and secrets."""

    action: str
    actor: str
    session_id: SessionId | None
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a recorded transaction is about, as far as its outcome and its facts tell; the changed rows tell the rest."""

    entity: str | None = None
    entity_id: UUID | None = None
    is_announced: bool = False
    """Whether it announced a fact: then it is recorded even though it changed no row that is watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row as a recorded transaction found and left it: changed columns only, texts as "…"; `position` counts from 0."""

    position: int
    table: str
    row_id: str
    operation: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One transaction of a deed, as the record keeps it. `step` is the use case; a deed may take several transactions."""

    id: UUID
    at: datetime
    actor: str
    session_id: UUID | None
    request_id: str | None
    action: str
    step: str
    entity: str | None
    entity_id: UUID | None
    said: Mapping[str, Any]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the chain: the number and the hash of the last sealed entry; 0 and 32 zero bytes before the first."""

    seq: int
    hash: bytes


FIRST = Head(seq=0, hash=bytes(32))


class SecurityKind(enum.Enum):
    """What touched the safety of an account; the value is the stored and published name."""

    NEW_DEVICE = "NEW_DEVICE"
    LOG_INS_FAILED = "LOG_INS_FAILED"
    EMAIL_VERIFIED = "EMAIL_VERIFIED"
    EMAIL_CHANGE_REQUESTED = "EMAIL_CHANGE_REQUESTED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of an event
    SESSION_ENDED = "SESSION_ENDED"
    SESSIONS_ENDED = "SESSIONS_ENDED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - the name of an event
    FACTOR_ADDED = "FACTOR_ADDED"
    FACTOR_REMOVED = "FACTOR_REMOVED"
    RECOVERY_CODES_MADE = "RECOVERY_CODES_MADE"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    PASSKEY_CLONED = "PASSKEY_CLONED"
    IDENTITY_LINKED = "IDENTITY_LINKED"
    IDENTITY_UNLINKED = "IDENTITY_UNLINKED"
    ROLE_CHANGED = "ROLE_CHANGED"
    ACCOUNT_DEACTIVATED = "ACCOUNT_DEACTIVATED"
    ACCOUNT_REACTIVATED = "ACCOUNT_REACTIVATED"
    ERASURE_REQUESTED = "ERASURE_REQUESTED"
    ERASURE_CANCELLED = "ERASURE_CANCELLED"
    DATA_EXPORTED = "DATA_EXPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """Something that touched an account's safety; `account_id` None for attempts on an address that has no account.

    `count` is how many times it happened when several are told in one; `detail` a machine's word (which factor, which role),
    never a person's data.
    """

    id: UUID
    account_id: AccountId | None
    kind: SecurityKind
    session_id: SessionId | None
    address: str | None
    device: str
    detail: str
    count: int
    at: datetime
