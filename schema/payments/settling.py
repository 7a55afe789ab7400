"""How staff hands in a provider's statement."""

from __future__ import annotations

import strawberry

from domain.error import Invalid, UserError
from domain.payments.actions.settlements import StatementFile, import_statement
from domain.viewer import Permission
from persistence.payments.statement_reads import settlements_by_id
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed, moves_money
from schema.payments.settlements import Settlement
from schema.permissions import may

NAME_MAX = 200


@strawberry.input(name="SettlementImportInput", description="A provider's statement as a CSV file.")
class SettlementImportInput:
    provider: str = strawberry.field(description="Whose statement it is: the name of a provider of this shop.")
    file_name: str = strawberry.field(description=f"What the file is called, at most {NAME_MAX} characters.")
    content: str = strawberry.field(
        description=(
            "The file: the provider's own report, or columns named id, type, reference, amount, fee, currency and date. Larger "
            "files than a request may be are taken by the command `import-settlement`."
        )
    )


@deed(
    "Takes a provider's statement: each line is compared with our books, fees that it tells are booked, and what differs is "
    "left to a person. The same file is taken once.",
    allow=may(Permission.MANAGE_PAYMENTS),
    settlement=(Settlement, "The statement with what was found."),
)
@moves_money
@keyed(Keyed.KEPT)
async def settlement_import(context: Context, *, input: SettlementImportInput) -> Answer | UserError:
    if input.provider not in context.ports.payments.offers.all:
        return Invalid(path=("input", "provider"), reason="There is no such payment provider.")
    if not 0 < len(input.file_name) <= NAME_MAX:
        return Invalid(path=("input", "file_name"), reason=f"A file's name has 1 to {NAME_MAX} characters.")
    file = StatementFile(provider=input.provider, name=input.file_name, content=input.content)
    outcome = await context.act(import_statement, file=file, by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(settlement=(await settlements_by_id(context.reader, [outcome]))[0])
