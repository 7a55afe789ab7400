"""PayPal's Transaction Search as its reference documents it: what moved money, by time, a page at a time, some of it late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.gateways.fakes.paypal_tokens import Tokens

SPAN_MAX = timedelta(days=31)


class Search:
    """The transactions of one merchant. `orders` are the fake's; what else was booked stands in `strangers`."""

    def __init__(self, orders: dict[str, dict[str, Any]], tokens: Tokens) -> None:
        self.strangers: list[dict[str, Any]] = []
        self.is_permitted = True
        self.delay = timedelta()
        """So long a transaction is not listed yet; three hours at most."""
        self.most = 10_000
        """More than so many in one span are refused."""
        self.asked: list[tuple[datetime, datetime, int]] = []
        self._orders, self._tokens = orders, tokens

    async def answer(self, request: Request) -> Response:
        """`GET /v1/reporting/transactions`."""
        if not self._tokens.admit(request):
            return JSONResponse({"error": "invalid_token"}, 401)
        if not self.is_permitted:
            return JSONResponse(
                {"name": "NOT_AUTHORIZED", "message": "Authorization failed due to insufficient permissions."}, 403
            )
        asked = request.query_params
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date"))
        size, page = int(asked.get("page_size", "100")), int(asked.get("page", "1"))
        self.asked.append((start, end, page))
        if not start < end <= start + SPAN_MAX or not 1 <= size <= 500 or page < 1:
            return JSONResponse({"name": "INVALID_REQUEST", "message": "Request is not well-formed."}, 400)
        listed = datetime.now(UTC) - self.delay
        found = [each for each in self._rows() if start <= _initiated(each) <= end and _initiated(each) <= listed]
        if len(found) > self.most:
            name, said = "RESULTSET_TOO_LARGE", "Result set size is greater than the maximum limit."
            return JSONResponse({"name": name, "message": said}, 400)
        here = found[(page - 1) * size : page * size]
        return JSONResponse({
            "transaction_details": [{"transaction_info": each} for each in here],
            "start_date": asked["start_date"], "end_date": asked["end_date"],
            "last_refreshed_datetime": _written(listed), "page": page, "total_items": len(found),
            "total_pages": -(-len(found) // size), "links": [],
        })  # fmt: skip

    def _rows(self) -> list[dict[str, Any]]:
        rows = list(self.strangers)
        for order in self._orders.values():
            (unit,) = order["purchase_units"]
            for capture in unit["payments"]["captures"]:
                rows.append(row(capture, "T0006", custom_field=unit["custom_id"], invoice_id=unit["invoice_id"]))
                about = {"paypal_reference_id": capture["id"], "paypal_reference_id_type": "TXN"}
                refunds = unit["payments"]["refunds"]
                rows += [row(each, "T1107", sign="-", custom_field=unit["custom_id"], **about) for each in refunds]
        return sorted(rows, key=_initiated)


def row(moved: dict[str, Any], code: str, *, sign: str = "", status: str = "S", **more: str) -> dict[str, Any]:
    """A transaction's `transaction_info`."""
    made = moved["create_time"]
    return {
        "transaction_id": moved["id"], "transaction_event_code": code, "transaction_status": status,
        "transaction_initiation_date": made, "transaction_updated_date": made,
        "transaction_amount": {**moved["amount"], "value": f"{sign}{moved['amount']['value']}"}, **more,
    }  # fmt: skip


def _initiated(transaction: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(transaction["transaction_initiation_date"])


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")
