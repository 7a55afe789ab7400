"""What merchants send, read strictly: bodies, amounts, addresses, keys. Anything amiss is a Bad, answered with 400."""

from __future__ import annotations

import hashlib
import re
from typing import NoReturn

import httpx2
from starlette.requests import Request

from gateways.payments.sandbox_service.desk import Order
from gateways.payments.sandbox_service.states import AMOUNT_MAX
from gateways.payments.strict_json import Fields, decode

BODY_MAX = 64 * 1024
# Printable ASCII without what would end a policy directive or a header: the origin goes into Content-Security-Policy.
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.\-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?(?:[/?#][!-~]*)?\Z")
_KEY = re.compile(r"[!-~]{1,255}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_CAPTURES = frozenset({"automatic", "manual"})


class Bad(Exception):
    """A request that cannot be understood; its text is told to the merchant."""


class TooLarge(Exception):
    """A body over 64 KB."""


async def read_body(request: Request) -> bytes:
    """The whole body; TooLarge as soon as it is known to be over the ceiling, declared or not."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BODY_MAX:
            raise TooLarge
    return bytes(read)


def key_of(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.match(key):
        _refuse("Idempotency-Key has to be 1 to 255 printable ASCII characters")
    return key


def fingerprint(request: Request, body: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((request.method.encode(), request.url.path.encode(), body))).digest()


def order_of(body: bytes) -> Order:
    fields = _fields(body)
    try:
        order = Order(
            merchant_reference=fields.text("merchant_reference"),
            order_number=fields.text("order_number"),
            amount=fields.whole("amount", low=1, high=AMOUNT_MAX),
            currency=fields.text("currency"),
            method=fields.text("method"),
            capture=fields.text("capture"),
            return_url=fields.text("return_url"),
            webhook_url=fields.text("webhook_url"),
        )
    except ValueError as error:
        raise Bad(str(error)) from error
    if not _CURRENCY.match(order.currency):
        _refuse("currency has to be an ISO 4217 code in capitals")
    if order.capture not in _CAPTURES:
        _refuse("capture has to be automatic or manual")
    if not _is_address(order.return_url) or not _is_address(order.webhook_url):
        _refuse("return_url and webhook_url have to be http or https addresses")
    return order


def amount_of(body: bytes, *, currency: str) -> int:
    """The amount of a capture or refund, whose currency has to be the payment's."""
    fields = _fields(body)
    try:
        amount = fields.whole("amount", low=1, high=AMOUNT_MAX)
        named = fields.text("currency")
    except ValueError as error:
        raise Bad(str(error)) from error
    if named != currency:
        _refuse(f"the payment is in {currency}")
    return amount


def _is_address(text: str) -> bool:
    try:
        return _ADDRESS.match(text) is not None and (httpx2.URL(text).port or 0) < 2**16
    except httpx2.InvalidURL:
        return False


def _fields(body: bytes) -> Fields:
    try:
        return Fields(decode(body))
    except ValueError as error:
        raise Bad(str(error)) from error


def _refuse(reason: str) -> NoReturn:
    raise Bad(reason)
