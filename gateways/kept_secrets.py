"""Secrets that development makes for itself once, and keeps in the data directory, readable by us alone."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from gateways.refusal import CannotStart


def kept(data_dir: Path, name: str, fresh: str) -> str:
    """The secret kept under this name, or `fresh`, kept from now on; linked into place whole, so that one of two starts wins."""
    place = data_dir / "secrets" / name
    try:
        data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if not place.exists():
            draft = place.with_name(f"{name}.{os.getpid()}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(fresh)
            with contextlib.suppress(FileExistsError):
                os.link(draft, place)
            draft.unlink()
        return place.read_text()
    except OSError as trouble:
        raise CannotStart(
            f"{trouble.filename or place} cannot be written ({trouble.strerror}): set VITRINE_DATA_DIR."
        ) from trouble
