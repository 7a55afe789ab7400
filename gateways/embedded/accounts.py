"""As whom the embedded servers run, and the one place where their programs are run to an end."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass

from gateways.refusal import CannotStart

# Everything the servers may learn of our environment: no locale (sort order must not depend on the machine), no secrets.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that the servers run as, when it is not our own."""

    uid: int
    gid: int
    name: str


def unprivileged_account() -> Account | None:
    """For root, the account to run servers as, since PostgreSQL refuses root; otherwise None: our own will do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise CannotStart("PostgreSQL does not run as root and there is no account postgres or nobody: start as another user.")


def run(command: list[str], account: Account | None, *, said: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the command to its end as the account, with `said` as its input. Raises PermissionError when it may not be run."""
    return subprocess.run(  # noqa: S603 -- programs and paths are ours, no shell
        command,
        check=False,
        input=said,
        text=True,
        capture_output=True,
        env=ENVIRONMENT,
        cwd="/",
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )
