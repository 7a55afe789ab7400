"""Expected failures in the API: the `UserError` interface, its one list of codes, and how a domain failure becomes a type.

Each concept lists its failures in its own `errors.py`, one line a pair; a test holds that none is missing.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import strawberry

from domain import error as domain
from schema.execution.fields import computed, plain, shows


def _value(code: str, description: str) -> Any:
    return strawberry.enum_value(code, description=description)


@strawberry.enum(name="ErrorCode", description="Every expected failure of a mutation.")
class ErrorCode(enum.Enum):
    """The one list. A code is never renamed; adding one is not a breaking change."""

    INVALID = _value("INVALID", "A value of the input breaks a stated rule; the message says which.")
    NOT_FOUND = _value("NOT_FOUND", "There is no such thing, or not for this caller.")
    VERSION_CONFLICT = _value("VERSION_CONFLICT", "Somebody changed the thing since it was read.")
    IDEMPOTENCY_CONFLICT = _value("IDEMPOTENCY_CONFLICT", "The idempotency key was used before with other arguments.")
    IDEMPOTENCY_KEY_REQUIRED = _value("IDEMPOTENCY_KEY_REQUIRED", "This mutation needs an idempotency key.")
    EMAIL_TAKEN = _value("EMAIL_TAKEN", "The e-mail address belongs to an account already.")
    EMAIL_INVALID = _value("EMAIL_INVALID", "This is no e-mail address.")
    INVALID_CREDENTIALS = _value("INVALID_CREDENTIALS", "The e-mail address and the password do not belong together.")
    REFRESH_TOKEN_INVALID = _value("REFRESH_TOKEN_INVALID", "The refresh token is not good any more: log in again.")
    EMAIL_UNVERIFIED = _value("EMAIL_UNVERIFIED", "The e-mail address has to be verified before logging in.")
    MAILED_TOKEN_INVALID = _value(
        "MAILED_TOKEN_INVALID", "The secret of the letter is not good any more: ask for a new letter."
    )
    PASSWORD_TOO_SHORT = _value("PASSWORD_TOO_SHORT", "The password has too few characters.")
    PASSWORD_TOO_LONG = _value("PASSWORD_TOO_LONG", "The password has too many characters.")
    PASSWORD_COMMON = _value("PASSWORD_COMMON", "The password is on the lists that attackers try first.")
    PASSWORD_PERSONAL = _value("PASSWORD_PERSONAL", "The password is made of its owner's name or address.")
    PASSWORD_PATTERN = _value("PASSWORD_PATTERN", "The password repeats itself or follows alphabet, calendar or keyboard.")
    PASSWORD_GUESSABLE = _value("PASSWORD_GUESSABLE", "The password can be guessed too soon.")
    PASSWORD_WRONG = _value("PASSWORD_WRONG", "This is not the present password.")
    SECOND_FACTOR_REFUSED = _value("SECOND_FACTOR_REFUSED", "The code or the passkey's answer does not do.")
    SECOND_FACTOR_NEEDED = _value("SECOND_FACTOR_NEEDED", "A second factor has to be shown as well.")
    REAUTHENTICATION_REQUIRED = _value("REAUTHENTICATION_REQUIRED", "Log in again, and repeat it within ten minutes.")
    CHALLENGE_INVALID = _value("CHALLENGE_INVALID", "The log-in does not wait any more: begin again.")
    ALREADY_ENROLLED = _value("ALREADY_ENROLLED", "There is an authenticator app already.")
    NOT_ENROLLED = _value("NOT_ENROLLED", "There is no such second factor.")
    PASSKEY_REFUSED = _value("PASSKEY_REFUSED", "The passkey was not accepted.")
    TOO_MANY_PASSKEYS = _value("TOO_MANY_PASSKEYS", "The account has as many passkeys as it may.")
    PERMISSIONS_NOT_HELD = _value("PERMISSIONS_NOT_HELD", "Nobody gives or takes permissions that they do not hold.")
    CHANNELS_NOT_HELD = _value("CHANNELS_NOT_HELD", "Nobody lets others work in channels in which they do not.")
    LAST_ADMINISTRATOR = _value("LAST_ADMINISTRATOR", "The shop would have no active administrator any more.")
    ROLE_FIXED = _value("ROLE_FIXED", "The administrator's role can neither change nor be limited.")
    ROLE_IN_USE = _value("ROLE_IN_USE", "Members of staff still have the role.")
    NAME_TAKEN = _value("NAME_TAKEN", "Another thing of the kind has this name.")
    APP_HAS_NO_SECRET = _value("APP_HAS_NO_SECRET", "The app is a public client: it has no secret.")
    TOO_MANY_KEYS = _value("TOO_MANY_KEYS", "The app has as many living keys as it may.")
    LAST_WAY_IN = _value("LAST_WAY_IN", "It is the only way to log in.")
    REDIRECT_NOT_ALLOWED = _value("REDIRECT_NOT_ALLOWED", "The page to come back to is none of the shop's.")
    SOCIAL_LOG_IN_INVALID = _value("SOCIAL_LOG_IN_INVALID", "The log-in did not come back as it was begun.")
    PROVIDER_UNAVAILABLE = _value("PROVIDER_UNAVAILABLE", "The provider does not answer at the moment.")
    PROVIDER_EMAIL_UNVERIFIED = _value("PROVIDER_EMAIL_UNVERIFIED", "The provider does not vouch for an address.")
    IDENTITY_NOT_LINKED = _value("IDENTITY_NOT_LINKED", "There is an account with this address: log in, and link the provider.")
    IDENTITY_TAKEN = _value("IDENTITY_TAKEN", "The log-in at the provider belongs to another account.")
    REQUIRED = _value("REQUIRED", "A part that cannot be done without is empty.")
    TOO_LONG = _value("TOO_LONG", "A text has too many characters.")
    COUNTRY_UNKNOWN = _value("COUNTRY_UNKNOWN", "This is no country that things can be sent to.")
    REGION_UNKNOWN = _value("REGION_UNKNOWN", "The country has no such region.")
    CITY_UNKNOWN = _value("CITY_UNKNOWN", "The region has no such city.")
    POSTAL_CODE_INVALID = _value("POSTAL_CODE_INVALID", "This is no postal code of the country or region.")
    PHONE_INVALID = _value("PHONE_INVALID", "This is no telephone number.")
    LANGUAGE_UNKNOWN = _value("LANGUAGE_UNKNOWN", "This is no language tag of BCP 47.")
    ADDRESS_BOOK_FULL = _value("ADDRESS_BOOK_FULL", "The address book holds as many addresses as it may.")
    NOTHING_TO_CANCEL = _value("NOTHING_TO_CANCEL", "No erasure of the account is planned.")
    ORDER_NOT_EDITABLE = _value("ORDER_NOT_EDITABLE", "The order as a whole changes no more.")
    LINE_NOT_EDITABLE = _value(
        "LINE_NOT_EDITABLE", "Units of the line are under way, refunded, or sent in place of goods that came back."
    )
    CART_COMPLETED = _value("CART_COMPLETED", "The cart has become an order and changes no more.")
    DRAFT_CLOSED = _value("DRAFT_CLOSED", "The draft became an order or was thrown away, and changes no more.")
    OWN_PRICES_NOT_ALLOWED = _value(
        "OWN_PRICES_NOT_ALLOWED", "Prices and discounts of an order's own need the permission MANAGE_ORDER_PRICES."
    )
    CART_EMPTY = _value("CART_EMPTY", "There is nothing in the cart.")
    CART_FULL = _value("CART_FULL", "The cart would have too many lines.")
    QUANTITY_OUT_OF_RANGE = _value("QUANTITY_OUT_OF_RANGE", "The quantity is not one that a line may have.")
    VARIANT_UNAVAILABLE = _value("VARIANT_UNAVAILABLE", "The variant is not sold here.")
    MISSING = _value("MISSING", "The checkout needs something that was not said yet.")
    DELIVERY_UNAVAILABLE = _value("DELIVERY_UNAVAILABLE", "The way of delivery does not reach the country.")
    PRICE_CHANGED = _value("PRICE_CHANGED", "A price is another than the buyer last saw.")
    TOTAL_CHANGED = _value("TOTAL_CHANGED", "The total is another than expected.")
    INSUFFICIENT_STOCK = _value("INSUFFICIENT_STOCK", "More was asked for than there is.")
    STOCK_RESERVED = _value("STOCK_RESERVED", "Orders have reserved more than would remain.")
    COUPON_UNKNOWN = _value("COUPON_UNKNOWN", "No active coupon has this code.")
    COUPON_NOT_YET_VALID = _value("COUPON_NOT_YET_VALID", "The coupon is not valid yet.")
    COUPON_EXPIRED = _value("COUPON_EXPIRED", "The coupon has expired.")
    COUPON_MINIMUM_NOT_MET = _value("COUPON_MINIMUM_NOT_MET", "The goods are worth too little for the coupon.")
    COUPON_USED_UP = _value("COUPON_USED_UP", "The coupon has been used as often as it may be.")
    COUPON_CUSTOMER_LIMIT = _value("COUPON_CUSTOMER_LIMIT", "The buyer has used the coupon as often as one may.")
    INVALID_TRANSITION = _value("INVALID_TRANSITION", "The order cannot go from where it is to where it was asked to.")
    NOT_PAID = _value("NOT_PAID", "The order is not paid yet.")
    SKU_TAKEN = _value("SKU_TAKEN", "Another variant has this SKU.")
    SLUG_TAKEN = _value("SLUG_TAKEN", "Another thing of the kind has this slug.")
    OPTIONS_TAKEN = _value("OPTIONS_TAKEN", "Another variant of the product has the same options.")
    CATEGORY_CYCLE = _value("CATEGORY_CYCLE", "The category would come to lie below itself.")
    CATEGORY_NOT_EMPTY = _value("CATEGORY_NOT_EMPTY", "The category still holds something.")
    IMPORT_CLOSED = _value("IMPORT_CLOSED", "The import takes no more parts.")
    IMPORT_TOO_LARGE = _value("IMPORT_TOO_LARGE", "The uploaded file is too large.")
    ORDER_NOT_PAYABLE = _value("ORDER_NOT_PAYABLE", "The order is cancelled; there is nothing to pay.")
    ALREADY_PAID = _value("ALREADY_PAID", "The order is paid already.")
    PAYMENT_IN_PROGRESS = _value("PAYMENT_IN_PROGRESS", "A payment of the order has no outcome yet.")
    AMOUNT_EXCEEDS_OUTSTANDING = _value("AMOUNT_EXCEEDS_OUTSTANDING", "The amount is more than is left to be paid.")
    REFUND_TOO_LARGE = _value("REFUND_TOO_LARGE", "The amount is more than is left to be given back.")
    CAPTURE_TOO_LARGE = _value("CAPTURE_TOO_LARGE", "The amount is more than is left to be taken of the payment.")
    PROVIDER_CANNOT = _value("PROVIDER_CANNOT", "The payment's provider does not do this.")
    PAYMENT_COVERS_ORDER = _value("PAYMENT_COVERS_ORDER", "A confirmed order rests on the payment.")
    RETURN_URL_NOT_ALLOWED = _value("RETURN_URL_NOT_ALLOWED", "Buyers are not sent back to this address.")
    SECOND_PERSON_NEEDED = _value("SECOND_PERSON_NEEDED", "Somebody else has to decide about the refund.")
    ALREADY_IMPORTED = _value("ALREADY_IMPORTED", "The same file was taken before.")
    ALREADY_DECIDED = _value("ALREADY_DECIDED", "The refund was decided before.")
    PROVIDER_SILENT = _value("PROVIDER_SILENT", "The payment provider does not answer at the moment.")
    WEBHOOK_URL_REFUSED = _value("WEBHOOK_URL_REFUSED", "The address of a webhook endpoint is none that we call.")
    WEBHOOK_SELECTION_INVALID = _value(
        "WEBHOOK_SELECTION_INVALID", "The selection of a webhook endpoint does not fit the schema."
    )
    WEBHOOK_ENDPOINT_INACTIVE = _value("WEBHOOK_ENDPOINT_INACTIVE", "The webhook endpoint is switched off.")
    WEBHOOK_REPLAY_TOO_LONG = _value("WEBHOOK_REPLAY_TOO_LONG", "The part of the event log is too long for one replay.")
    TOO_MANY_WEBHOOK_ENDPOINTS = _value("TOO_MANY_WEBHOOK_ENDPOINTS", "There are as many webhook endpoints as there may be.")
    TOO_MANY_TEST_SENDS = _value("TOO_MANY_TEST_SENDS", "Enough messages to oneself were sent in this minute.")
    MESSAGE_NOT_RESENDABLE = _value(
        "MESSAGE_NOT_RESENDABLE", "The message may not be sent again, or only when that is said expressly."
    )
    INVOICE_SETTINGS_MISSING = _value("INVOICE_SETTINGS_MISSING", "Nobody has said yet who sells on the channel.")
    NOT_LEFT_TO_SHIP = _value("NOT_LEFT_TO_SHIP", "More of a line was to be sent than is still to be sent.")
    FULFILLMENT_CLOSED = _value("FULFILLMENT_CLOSED", "The shipment has arrived or was called back.")
    GOODS_CAME_BACK = _value("GOODS_CAME_BACK", "Goods of the shipment are on the shelf again already.")
    NOT_RETURNABLE = _value("NOT_RETURNABLE", "More of a line was to come back than the buyer has.")
    RETURN_WINDOW_CLOSED = _value("RETURN_WINDOW_CLOSED", "The time in which the goods may be sent back is over.")
    RETURN_STEP_REFUSED = _value("RETURN_STEP_REFUSED", "The return cannot go from where it is to where it was asked to.")
    NOT_LEFT_TO_SETTLE = _value("NOT_LEFT_TO_SETTLE", "More of a line was to be refunded or exchanged than came back.")
    ALREADY_SHIPPED = _value("ALREADY_SHIPPED", "The goods are under way.")


def camel(name: str) -> str:
    """A name of ours as the API spells it: `unit_price` is `unitPrice`."""
    head, *rest = name.split("_")
    return head + "".join(each.title() for each in rest)


def _code(error: domain.UserError) -> ErrorCode:
    return ErrorCode(error.code)


def _path(error: domain.UserError) -> list[str]:
    return [camel(step) for step in error.path]


@strawberry.interface(name="UserError", description="An expected failure: what was asked was understood and cannot be done.")
@shows()
class UserError:
    """Shown from any `domain.error.UserError`."""

    code: ErrorCode = computed(_code, "What failed, stable for programs.")
    message: str = plain("What failed, in words for people.")
    path: list[str] = computed(_path, "Where in the mutation's arguments it failed, from `input`, with list positions.")


def error_type(failure: type[domain.UserError], description: str, **fields: tuple[Any, str]) -> type:
    """The GraphQL type of one domain failure: the interface's fields, and `field=(type, description)` for its own data."""
    own = {name: plain(text) for name, (_, text) in fields.items()}
    namespace = {"__annotations__": {name: kind for name, (kind, _) in fields.items()}, **own}
    made = type(failure.__name__, (UserError,), namespace)
    return shows(failure)(strawberry.type(made, name=failure.__name__, description=description))


def collected(*lists: Sequence[type]) -> list[type]:
    """All error types of the concepts, those that every concept uses first."""
    return [*COMMON, *(each for errors in lists for each in errors)]


COMMON: tuple[type, ...] = (
    error_type(domain.Invalid, "A value of the input breaks a stated rule.", reason=(str, "The rule, in a sentence.")),
    error_type(domain.NotFound, "There is no such thing for this caller.", what=(str, "The kind of thing.")),
    error_type(domain.VersionConflict, "The thing was changed meanwhile.", current=(int, "The version it has now.")),
)
