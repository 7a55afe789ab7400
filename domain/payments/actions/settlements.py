"""Taking a provider's statement: its lines compared with our books, fees that it tells booked, what differs left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.error import Invalid, UserError
from domain.ids import SettlementId, new_id
from domain.money import zero
from domain.payments import statement_files
from domain.payments.errors import AlreadyImported
from domain.payments.events import BooksDiffered
from domain.payments.statements import UNMATCHED, Found, Line, LineKind, RowOutcome, fees, match
from domain.unit import Unit
from domain.viewer import Viewer, actor_name


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """A file as it was handed in."""

    provider: str
    name: str
    content: str


async def import_statement(unit: Unit, *, file: StatementFile, by: Viewer, now: datetime) -> SettlementId | UserError:
    """Keeps a statement with what each line was found to be; the same file is taken once."""
    try:
        lines = statement_files.read(file.provider, file.content)
    except statement_files.BadStatement as bad:
        return Invalid(path=("input", "content"), reason=str(bad))
    settlement_id = SettlementId(new_id())
    digest = statement_files.digest_of(file.content)
    if not await unit.settlements.open(settlement_id, file.provider, file.name, digest, by=actor_name(by), now=now):
        return AlreadyImported(path=("input", "content"))
    references = sorted({line.reference for line in lines if line.reference})
    books = await unit.settlements.lock_books(file.provider, references)
    keys = [line.key for line in lines if line.key is not None]
    found = match(lines, books, keys_known=await unit.settlements.known_keys(file.provider, keys))
    await unit.settlements.book_fees(fees(found, books), now=now)
    found += await _missing(unit, file.provider, lines, found)
    unmatched = sum(each.outcome in UNMATCHED for each in found)
    await unit.settlements.close(settlement_id, file.provider, found, unmatched=unmatched)
    if unmatched:
        unit.announce(BooksDiffered(run_id=settlement_id, provider=file.provider, found=unmatched))
    return settlement_id


async def _missing(unit: Unit, provider: str, lines: list[Line], found: list[Found]) -> list[Found]:
    """What our books have within the statement's time and no statement tells."""
    times = sorted(line.at for line in lines if line.at is not None)
    if not times:
        return []
    told = {each.payment_id for each in found if each.line.kind is LineKind.CHARGE}
    untold = await unit.settlements.untold(provider, since=times[0], until=times[-1])
    last = lines[-1].number
    missing = [payment for payment in untold if payment.id not in told]
    return [
        Found(
            line=Line(
                number=last + place,
                key=None,
                kind=LineKind.CHARGE,
                reference=payment.reference or "",
                amount=payment.captured,
                fee=zero(payment.amount.currency),
                at=None,
            ),
            outcome=RowOutcome.MISSING,
            payment_id=payment.id,
        )
        for place, payment in enumerate(missing, start=1)
    ]
