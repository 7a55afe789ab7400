"""What can go wrong with the database itself, told apart for the caller: gone, busy, or a bug of ours."""

from __future__ import annotations

import asyncio

import asyncpg

from persistence.paging import BadCursor


class Unavailable(Exception):
    """The database cannot be reached, or was lost on the way: what was asked may or may not have happened. Worth a retry."""


class Overloaded(Exception):
    """No connection, or no lock, was free in time: nothing was changed. Worth a retry a little later."""


LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection that the server has just ended and whose socket is not closed yet.
    asyncpg.InternalClientError,
)
BUSY = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.TooManyConnectionsError, asyncio.TimeoutError)
UNKEEPABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
"""A text with a NUL in it, which PostgreSQL cannot keep and no honest client sends."""
RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


def described(failure: BaseException) -> tuple[str, str] | None:
    """The code and the words a caller may see for a failure of the database, or of their cursor; None for anything else."""
    if isinstance(failure, BadCursor):
        return "BAD_USER_INPUT", "This is no cursor of this list."
    if isinstance(failure, UNKEEPABLE):
        return "BAD_USER_INPUT", "A text holds a character that cannot be kept: NUL. Nothing was changed."
    if isinstance(failure, (Overloaded, *BUSY, *RETRIED)):
        return "OVERLOADED", "The shop is very busy. Nothing was changed; please try again in a moment."
    if isinstance(failure, (Unavailable, *LOST)):
        return "SERVICE_UNAVAILABLE", "The shop cannot be reached right now. Please try again; a repeated key is safe."
    return None
