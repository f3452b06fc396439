"""Turn every error into one shape: problem details (RFC 9457) with a stable code and what to do about it.

A refusal of the domain is an exception with `code` and `params`; `REFUSALS` says which HTTP status it gets.
The sentence comes in the caller's language; code and params are for machines and never change their meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework import exceptions
from rest_framework.response import Response

from addresses.refusals import MESSAGES as ADDRESS_MESSAGES
from addresses.refusals import AddressRefused
from addresses.refusals import Code as AddressCode
from delivery.refusals import MESSAGES as DELIVERY_MESSAGES
from delivery.refusals import Code as DeliveryCode
from delivery.refusals import DeliveryRefused
from offices.quotas import QuotaFull
from offices.refusals import MESSAGES as OFFICE_MESSAGES
from offices.refusals import OfficeRefused
from shipments.refusals import MESSAGES as SHIPMENT_MESSAGES
from shipments.refusals import Code as ShipmentCode
from shipments.refusals import ShipmentRefused
from spreadsheets.faults import MESSAGES as SHEET_MESSAGES
from spreadsheets.faults import SheetError, SheetFault

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:antarktp:problem:"


class TooLarge(exceptions.APIException):
    """The body is longer than is read."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        self.params = {"limit_mb": limit_bytes // (1024 * 1024)}
        super().__init__(
            _("The upload is too large: at most %(limit_mb)s MB are taken. Split it into smaller files.")
            % self.params
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a kind of refusal looks from outside: sentences, usual status, and codes with another one."""

    messages: Mapping[Any, str]
    status: HTTPStatus = HTTPStatus.CONFLICT
    unusual: Mapping[str, HTTPStatus] = field(default_factory=dict)


_NOT_FOUND = HTTPStatus.NOT_FOUND
_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
# 409: the state of things forbids it. 404: what is named is not there. 422: what was sent makes no sense.
REFUSALS: Mapping[type[Exception], Refusal] = {
    ShipmentRefused: Refusal(
        messages=SHIPMENT_MESSAGES,
        unusual={
            **dict.fromkeys(
                (
                    ShipmentCode.OFFICE_UNKNOWN,
                    ShipmentCode.SHIPMENT_UNKNOWN,
                    ShipmentCode.HOLD_UNKNOWN,
                    ShipmentCode.DIFFERENCE_UNKNOWN,
                    ShipmentCode.CARD_UNKNOWN,
                    ShipmentCode.BAG_UNKNOWN,
                    ShipmentCode.LABEL_FILE_MISSING,
                ),
                _NOT_FOUND,
            ),
            **dict.fromkeys(
                (
                    ShipmentCode.NOT_A_REGISTRY,
                    ShipmentCode.NOT_A_POST_OFFICE,
                    ShipmentCode.ITEM_UNKNOWN,
                    ShipmentCode.SCAN_UNREADABLE,
                    ShipmentCode.SCANNED_TWICE,
                    ShipmentCode.REASON_MISSING,
                    ShipmentCode.VILLAGE_UNKNOWN,
                    ShipmentCode.RW_INVALID,
                    ShipmentCode.ENDS_BEFORE_START,
                    ShipmentCode.CHANNEL_MISSING,
                    ShipmentCode.CHANNEL_UNKNOWN,
                    ShipmentCode.LIST_EMPTY,
                    ShipmentCode.INDICATOR_INVALID,
                    ShipmentCode.BLOCK_INVALID,
                    ShipmentCode.NUMBERS_MISSING,
                    ShipmentCode.NUMBERS_INVALID,
                    ShipmentCode.NUMBERS_TWICE,
                    ShipmentCode.REPRINT_NEEDS_REASON,
                    ShipmentCode.LABEL_FORMAT_UNKNOWN,
                    ShipmentCode.LABEL_START_INVALID,
                    ShipmentCode.MANIFEST_FORMAT_UNKNOWN,
                    ShipmentCode.SIGNATURE_MISSING,
                    ShipmentCode.RECEIPT_COUNT_WRONG,
                    ShipmentCode.DIFFERENCE_TWICE,
                    ShipmentCode.RESOLUTION_MISSING,
                ),
                _UNPROCESSABLE,
            ),
        },
    ),
    DeliveryRefused: Refusal(
        messages=DELIVERY_MESSAGES,
        unusual={
            **dict.fromkeys(
                (
                    DeliveryCode.EVENT_UNKNOWN,
                    DeliveryCode.OFFICE_UNKNOWN,
                    DeliveryCode.TRANSFER_NOT_FOUND,
                    DeliveryCode.NOT_FOUND,
                ),
                _NOT_FOUND,
            ),
            **dict.fromkeys(
                (
                    DeliveryCode.REPORT_DAY_INVALID,
                    DeliveryCode.OFFICE_SENDS_NO_STATUS_FILES,
                    DeliveryCode.REASON_MISSING,
                    DeliveryCode.MEANING_UNKNOWN,
                    DeliveryCode.NOBODY_RECEIVED,
                    DeliveryCode.HEADER_ROW_UNKNOWN,
                    DeliveryCode.COLUMN_MISSING,
                    DeliveryCode.COLUMN_UNKNOWN,
                    DeliveryCode.COLUMN_TWICE,
                    DeliveryCode.TIME_AHEAD,
                    DeliveryCode.TEXT_UNKNOWN,
                    DeliveryCode.TEXT_MISSING,
                    DeliveryCode.DAY_PASSED,
                    DeliveryCode.RETURN_DATE_PASSED,
                    DeliveryCode.NOT_ON_LIST,
                    DeliveryCode.SLOT_UNKNOWN,
                    DeliveryCode.SLOT_PASSED,
                    DeliveryCode.PLACES_INVALID,
                    DeliveryCode.OTHER_REGENCY,
                    DeliveryCode.COUNT_DIFFERS,
                    DeliveryCode.TRANSFER_COUNT_UNCLEAR,
                    DeliveryCode.NOT_ON_TRANSFER,
                    DeliveryCode.SHELF_MISSING,
                    DeliveryCode.POLICY_OUT_OF_RANGE,
                    DeliveryCode.POLICY_BAG_TOO_LARGE,
                    DeliveryCode.POLICY_REMINDERS,
                    DeliveryCode.POLICY_WITHOUT_HOLDER,
                    DeliveryCode.POLICY_CODE_UNKNOWN,
                    DeliveryCode.POLICY_PAPERS_MISSING,
                ),
                _UNPROCESSABLE,
            ),
        },
    ),
    AddressRefused: Refusal(
        messages=ADDRESS_MESSAGES,
        status=_UNPROCESSABLE,
        unusual={
            AddressCode.ADDRESS_UNKNOWN: _NOT_FOUND,
            AddressCode.ALIAS_UNKNOWN: _NOT_FOUND,
            AddressCode.ALIAS_DECIDED: HTTPStatus.CONFLICT,
        },
    ),
    OfficeRefused: Refusal(messages=OFFICE_MESSAGES, status=_UNPROCESSABLE),
    SheetError: Refusal(
        messages=SHEET_MESSAGES,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        unusual={SheetFault.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE},
    ),
    QuotaFull: Refusal(
        messages={QuotaFull.code: gettext_noop("All places of that day are taken. Choose another day.")},
    ),
}


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an exception of a view; None for what nobody foresaw, which Django logs and answers with 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    for kind, refusal in REFUSALS.items():
        if isinstance(error, kind):
            return _of_refusal(error, refusal)
    return None


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    params: Mapping[str, object] | None = None,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the answer: `type` and `code` name the problem, `title` the status, `detail` says what to do."""
    return Response(
        problem_body(status=status, code=code, detail=detail, params=params, errors=errors),
        status=status,
        headers=dict(headers or {}),
        content_type=CONTENT_TYPE,
    )


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    params: Mapping[str, object] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Give the members of a problem; `errors` point at the parts of the body that are wrong (RFC 6901)."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code.lower(),
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code.lower(),
        "params": dict(params or {}),
    }
    return body | {"errors": errors} if errors is not None else body


def sentence(refusal: Refusal, code: str, params: Mapping[str, object]) -> str:
    """Give a refusal's sentence in the caller's language."""
    shown = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in params.items()
    }
    return _(force_str(refusal.messages[code])) % shown


def _of_refusal(error: Exception, refusal: Refusal) -> Response:
    code: str = getattr(error, "code")  # noqa: B009 - every refusal has one; `Exception` does not say so
    params: Mapping[str, object] = getattr(error, "params", {})
    return problem(
        status=refusal.unusual.get(code, refusal.status),
        code=str(code),
        detail=sentence(refusal, code, params),
        params=params,
    )


def _of_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        return problem(
            status=error.status_code,
            code="invalid",
            detail=_("Some values are missing or wrong; each is listed under errors."),
            errors=list(_pointed(error.detail)),
            headers=headers,
        )
    detail = error.detail
    return problem(
        status=error.status_code,
        code=getattr(detail, "code", error.default_code),
        detail=str(detail),
        params=getattr(error, "params", None),
        headers=headers,
    )


def _pointed(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Give each error with a JSON pointer to what it is about; '' is the body as a whole."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = pointer if name == "non_field_errors" else f"{pointer}/{_escaped(str(name))}"
            yield from _pointed(inner, own)
    elif isinstance(detail, list | tuple):
        nested = any(isinstance(inner, Mapping | list | tuple) for inner in detail)
        for position, inner in enumerate(detail):
            if inner:
                yield from _pointed(inner, f"{pointer}/{position}" if nested else pointer)
    else:
        yield {"pointer": pointer, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
