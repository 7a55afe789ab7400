"""The channels that members of staff are limited to. Members and roles themselves are tables of access."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from persistence.base import Row, belongs_to


class StaffChannelRow(Row):
    """A channel in which a limited member works; one without any works in none."""

    __tablename__ = "staff_channel"

    account_id: Mapped[UUID] = belongs_to("staff.account_id", primary_key=True)
    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True, index=True)
