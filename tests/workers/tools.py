"""Tools of tasks for tests within one process: the real database and letters, and a carrier that keeps what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.access.secrets import OneTimeSecrets
from domain.notices.model import Delivery, Letter
from domain.notices.provider import Accepted, NotAccepted, Post
from domain.seal import Seal
from domain.webhooks.flows import Means
from gateways.documents.invoices import PdfPrinter
from gateways.settings import load_settings
from gateways.vault import KeyedVault
from gateways.webhooks.carrier import SignedCarrier
from persistence.engine import Database
from persistence.unit import Transactions
from selections import SchemaSelections
from workers.carrier import Carrier
from workers.tasks import Addresses, Tools

SEAL = Seal((b"k" * 32,))
ONE_TIME = OneTimeSecrets((b"k" * 32,))


@dataclass
class Pigeons:
    """A carrier: answers as it is told, in turn, and accepts when it was told nothing more."""

    answers: list[Accepted | NotAccepted] = field(default_factory=list)
    carried: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        self.carried.append(letter)
        return self.answers.pop(0) if self.answers else Accepted()


def tools_of(
    database: Database,
    transact: Transactions,
    *,
    post: Post | None = None,
    delivery: Delivery | None = None,
    storefront_url: str = "https://shop.example",
    staff_email: str = "staff@example.com",
    secrets: OneTimeSecrets = ONE_TIME,
) -> Tools:
    """Tools on a database."""
    return Tools(
        database=database,
        transact=transact,
        post=post or Pigeons(),
        carrier=Carrier(),
        delivery=delivery or Delivery(),
        seal=SEAL,
        secrets=secrets,
        addresses=Addresses(
            storefront_url=storefront_url,
            public_url="https://api.shop.example",
            mail_from="Vitrine <shop@vitrine.example>",
            staff_email=staff_email,
        ),
        providers={},
        printer=PdfPrinter(),
        sends_sms=True,
        webhooks=Means(
            carrier=SignedCarrier(allows_local=True),
            vault=KeyedVault([b"k" * 32]),
            selections=SchemaSelections(load_settings(env_file=None), database),
            clock=lambda: datetime.now(UTC),
        ),
    )
