"""Whether somebody's role requires a second factor that they do not have: one condition, for whoever asks it of a session or an app."""

from __future__ import annotations

from sqlalchemy import and_, exists, false, func, null

from persistence.access.tables import AccountRow, RoleRow
from persistence.factors.tables import PasskeyRow, TotpRow

LACKS_SECOND_FACTOR = and_(
    func.coalesce(RoleRow.requires_second_factor, false()),
    ~exists().where(TotpRow.account_id == AccountRow.id, TotpRow.confirmed_at.is_not(null())),
    ~exists().where(PasskeyRow.account_id == AccountRow.id),
)
"""Over an account and, where it is of staff, its role."""
