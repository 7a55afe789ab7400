"""The channels of a member of staff as one value beside their row."""

from __future__ import annotations

from sqlalchemy import Uuid, case, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from persistence.access.tables import StaffRow
from persistence.staff.tables import StaffChannelRow

STAFF_CHANNELS = case(
    (
        StaffRow.is_limited,
        func.array(
            select(StaffChannelRow.channel_id)
            .where(StaffChannelRow.account_id == StaffRow.account_id)
            .order_by(StaffChannelRow.channel_id)
            .scalar_subquery(),
            type_=ARRAY(Uuid()),
        ),
    )
)
"""The ids of the channels that a member is limited to; null for who works in all of them, and who is no staff."""
