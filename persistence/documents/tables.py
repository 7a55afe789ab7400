"""Documents that the shop's own clients run: registered by a command, known to clients by their hash."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Row


class TrustedDocumentRow(Row):
    """One document. `hash` is the SHA-256 of `body` in UTF-8, in lower-case hex; `name` is the file that it came from."""

    __tablename__ = "trusted_document"
    __table_args__ = (
        CheckConstraint("hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')", name="hash_of_body"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[str]
    registered_at: Mapped[Created]
