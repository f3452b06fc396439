"""Say in the reader's language why something was refused and what to do: the one place where codes become text."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from addresses.refusals import MESSAGES as ADDRESS_MESSAGES
from addresses.refusals import AddressRefused
from delivery.refusals import MESSAGES as DELIVERY_MESSAGES
from delivery.refusals import DeliveryRefused
from labels.content import LabelError, LabelFault
from offices.quotas import QuotaFull
from offices.refusals import MESSAGES as OFFICE_MESSAGES
from offices.refusals import OfficeRefused
from shipments.refusals import MESSAGES as SHIPMENT_MESSAGES
from shipments.refusals import ShipmentRefused
from spreadsheets.faults import MESSAGES as SHEET_MESSAGES
from spreadsheets.faults import SheetError
from web import words

Refusal = (
    ShipmentRefused | DeliveryRefused | AddressRefused | OfficeRefused | SheetError | LabelError | QuotaFull
)
REFUSALS = (
    ShipmentRefused, DeliveryRefused, AddressRefused, OfficeRefused, SheetError, LabelError, QuotaFull,
)  # fmt: skip

LABEL_MESSAGES: Mapping[str, str] = {
    LabelFault.UNKNOWN_FORMAT: gettext_noop("There is no such label format. Choose one from the list."),
    LabelFault.START_OUT_OF_RANGE: gettext_noop(
        "The sheet has no such cell. Choose a cell of the first sheet."
    ),
    LabelFault.OFFSET_OUT_OF_RANGE: gettext_noop(
        "The offset is too large. Choose at most a few millimetres."
    ),
    LabelFault.NOTHING_TO_PRINT: gettext_noop("There is no label to print. Fill the shipment first."),
    LabelFault.NUMBER_NOT_PRINTABLE: gettext_noop(
        "An item number cannot be printed as a barcode. Correct it."
    ),
    LabelFault.REFERENCE_NOT_PRINTABLE: gettext_noop("A reference cannot be printed as a code. Correct it."),
    LabelFault.ADDRESSEE_MISSING: gettext_noop("A label has no addressee. Correct the card's data."),
}
QUOTA_FULL = gettext_noop("All places of that day are taken. Choose another day.")

# A parameter of this name holds a code of that table of words.
_CODES: Mapping[str, str] = {
    "state": "shipment",
    "status": "delivery",
    "disposition": "disposition",
    "relation": "relation",
    "documents": "document",
    "result": "village_result",
}


def refusal_text(error: Refusal) -> str:
    """Give the sentence of a refusal, filled in, in the reader's language."""
    template, params = _sentence(error)
    return _(template) % {name: _shown(name, value) for name, value in params.items()}


def tell_refusal(request: HttpRequest, error: Refusal) -> None:
    """Show the refusal at the top of the next page."""
    messages.error(request, refusal_text(error))


def fault_text(fault: Mapping[str, Any]) -> str:
    """Give the sentence of a refusal that was kept as `code` and `params` with a file."""
    code, params = str(fault.get("code", "")), fault.get("params", {})
    for table in (SHEET_MESSAGES, SHIPMENT_MESSAGES, DELIVERY_MESSAGES, ADDRESS_MESSAGES):
        for known, template in table.items():
            if known.value == code:
                return _(template) % {name: _shown(name, value) for name, value in params.items()}
    return code


def _sentence(error: Refusal) -> tuple[str, Mapping[str, Any]]:
    if isinstance(error, ShipmentRefused):
        return SHIPMENT_MESSAGES[error.code], error.params
    if isinstance(error, DeliveryRefused):
        return DELIVERY_MESSAGES[error.code], error.params
    if isinstance(error, AddressRefused):
        return ADDRESS_MESSAGES[error.code], error.params
    if isinstance(error, OfficeRefused):
        return OFFICE_MESSAGES[error.code], error.params
    if isinstance(error, SheetError):
        return SHEET_MESSAGES[error.code], error.params
    if isinstance(error, LabelError):
        return LABEL_MESSAGES[error.fault], error.parameters
    return QUOTA_FULL, {}


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(name, item) for item in value)
    if isinstance(value, datetime | date):
        return formats.date_format(value, "j F Y")
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return formats.number_format(value)
    if name in _CODES:
        return str(words.word_of(_CODES[name], str(value)).label)
    return str(value)
