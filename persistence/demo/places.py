"""The ground of the demo shop: channels, warehouses, ways of delivery, tax rates, coupons, and the people who log in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.access.model import ADMINISTRATOR
from domain.access.rules import email_key
from domain.customers.model import Address, kept
from domain.promotions.model import code_key
from domain.viewer import Permission
from persistence.access.tables import AccountRow, RoleRow, StaffRow
from persistence.base import Row
from persistence.channels.tables import ChannelRow, OrderNumberRow
from persistence.customers.tables import AddressRow, CustomerRow
from persistence.demo.identity import demo_id
from persistence.promotions.tables import CouponRow
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Statement
from persistence.stock.tables import WarehouseRow
from persistence.taxes.tables import TaxRateRow
from persistence.unit import UnitOfWork

WEB, US = demo_id("channel", "web"), demo_id("channel", "us")
BERLIN, PORTLAND = demo_id("warehouse", "berlin"), demo_id("warehouse", "portland")
CUSTOMER_EMAIL, STAFF_EMAIL = "ada@example.com", "admin@example.com"
ORDER_NUMBER_FIRST = 1001
# Standard rates of value added tax in the European Union, in ten-thousandths.
_EU = {
    "AT": 2000, "BE": 2100, "BG": 2000, "HR": 2500, "CY": 1900, "CZ": 2100, "DK": 2500, "EE": 2400, "FI": 2550,
    "FR": 2000, "DE": 1900, "GR": 2400, "HU": 2700, "IE": 2300, "IT": 2200, "LV": 2100, "LT": 2100, "LU": 1700,
    "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2100, "SK": 2300, "SI": 2200, "ES": 2100, "SE": 2500,
}  # fmt: skip
_ROLES = {
    ADMINISTRATOR: tuple(Permission),
    "fulfilment": (
        Permission.READ_CATALOG,
        Permission.READ_STOCK,
        Permission.MANAGE_STOCK,
        Permission.READ_ORDERS,
        Permission.MANAGE_ORDERS,
    ),
    "support": (
        Permission.READ_CATALOG,
        Permission.READ_STOCK,
        Permission.READ_ORDERS,
        Permission.READ_PAYMENTS,
        Permission.READ_CUSTOMERS,
        Permission.READ_NOTICES,
    ),
}


@lru_cache(maxsize=32)
def _insert(table: type[Row], columns: tuple[str, ...]) -> Statement:
    return Statement(upsert(table).values({name: bindparam(name) for name in columns}).on_conflict_do_nothing())


async def _put(unit: UnitOfWork, table: type[Row], rows: Iterable[Mapping[str, object]]) -> None:
    """Adds rows; those that are there already stay as they are, so that a seeding cut short can be done again."""
    those = list(rows)
    await unit.transaction.run_each(_insert(table, tuple(those[0])), those)


async def lay_ground(unit: UnitOfWork) -> None:
    """Channels with their taxes and deliveries, warehouses, coupons and roles."""
    await _put(unit, ChannelRow, [_channel(WEB, "web"), _channel(US, "us")])
    await _put(unit, OrderNumberRow, [{"channel_id": each, "next": ORDER_NUMBER_FIRST} for each in (WEB, US)])
    await _put(
        unit,
        WarehouseRow,
        [
            {"id": BERLIN, "slug": "berlin", "name": "Berlin", "country": "DE", "priority": 0},
            {"id": PORTLAND, "slug": "portland", "name": "Portland", "country": "US", "priority": 1},
        ],
    )
    rates = [{"channel_id": WEB, "country": country, "name": "VAT", "basis_points": rate} for country, rate in _EU.items()]
    await _put(unit, TaxRateRow, [*rates, {"channel_id": US, "country": "US", "name": "Sales tax", "basis_points": 825}])
    await _put(unit, ShippingMethodRow, _deliveries())
    await _put(unit, CouponRow, _coupons())
    await _put(
        unit,
        RoleRow,
        [
            {
                "id": demo_id("role", name),
                "name": name,
                "permissions": sorted(each.value for each in permissions),
                "is_administrator": name == ADMINISTRATOR,
            }
            for name, permissions in _ROLES.items()
        ],
    )


def _channel(channel_id: object, slug: str) -> dict[str, object]:
    is_web = slug == "web"
    return {
        "id": channel_id,
        "slug": slug,
        "name": "Web shop" if is_web else "United States",
        "currency": "EUR" if is_web else "USD",
        "currencies": ["EUR", "USD", "JPY"] if is_web else ["USD"],
        "country": "DE" if is_web else "US",
        "language": "en",
        "prices_include_tax": is_web,
        "is_default": is_web,
        "is_active": True,
    }


def _deliveries() -> list[dict[str, object]]:
    """Standard is free from an order value on, express never."""
    europe = sorted(_EU)
    table = (
        (WEB, "standard", "Standard", "EUR", 490, 5_000, (2, 4), europe),
        (WEB, "express", "Express", "EUR", 1_290, None, (1, 1), europe),
        (WEB, "standard-usd", "Standard", "USD", 550, 5_500, (2, 4), europe),
        (WEB, "standard-jpy", "Standard", "JPY", 800, 8_000, (2, 4), europe),
        (US, "ground", "Ground", "USD", 690, 7_500, (3, 6), ["US"]),
        (US, "express", "Express", "USD", 1_890, None, (1, 2), ["US"]),
    )
    return [
        {
            "id": demo_id("delivery", f"{channel}/{slug}"),
            "channel_id": channel,
            "slug": slug,
            "name": name,
            "description": f"{days[0]} to {days[1]} working days" if days[0] < days[1] else f"{days[0]} working day",
            "countries": countries,
            "currency": currency,
            "price": price,
            "free_from": free_from,
            "days_min": days[0],
            "days_max": days[1],
            "position": position,
        }
        for position, (channel, slug, name, currency, price, free_from, days, countries) in enumerate(table)
    ]


def _coupons() -> list[dict[str, object]]:
    table = (
        (WEB, "WELCOME10", "PERCENTAGE", 1_000, None, None, None, None),
        (WEB, "FIVER", "FIXED", None, 500, "EUR", 2_500, None),
        (WEB, "LASTONE", "PERCENTAGE", 2_000, None, None, None, 1),
        (US, "WELCOME10", "PERCENTAGE", 1_000, None, None, None, None),
    )
    return [
        {
            "id": demo_id("coupon", f"{channel}/{code}"),
            "channel_id": channel,
            "code": code,
            "code_key": code_key(code),
            "kind": kind,
            "basis_points": basis_points,
            "amount": amount,
            "currency": currency,
            "minimum": minimum,
            "usage_limit": limit,
        }
        for channel, code, kind, basis_points, amount, currency, minimum, limit in table
    ]


async def let_people_in(unit: UnitOfWork, *, hashes: Mapping[str, str], now: datetime) -> None:
    """The demo customer, with an address, and the administrator; `hashes` are of their passwords, by e-mail address."""
    await _put(
        unit,
        AccountRow,
        [
            {
                "id": demo_id("account", email),
                "email": email,
                "email_key": email_key(email),
                "email_verified_at": now,
                "password_hash": password_hash,
            }
            for email, password_hash in hashes.items()
        ],
    )
    ada = demo_id("account", CUSTOMER_EMAIL)
    await _put(unit, CustomerRow, [{"id": ada, "first_name": "Ada", "last_name": "Weber"}])
    address = Address(
        first_name="Ada", last_name="Weber", street=("Lindenstr. 12",), city="Berlin", postal_code="10969", country="DE"
    )
    await _put(
        unit,
        AddressRow,
        [
            {
                "id": demo_id("address", CUSTOMER_EMAIL),
                "customer_id": ada,
                "address": kept(address),
                "is_default_shipping": True,
                "is_default_billing": True,
            }
        ],
    )
    await _put(
        unit,
        StaffRow,
        [
            {
                "account_id": demo_id("account", STAFF_EMAIL),
                "name": "Vitrine administrator",
                "role_id": demo_id("role", ADMINISTRATOR),
            }
        ],
    )
