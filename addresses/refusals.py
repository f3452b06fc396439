"""Why a command about addresses is refused: stable codes and the sentences that say what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable: part of the API. The doors translate MESSAGES and map codes to HTTP."""

    ADDRESS_UNKNOWN = "ADDRESS_UNKNOWN"
    VILLAGE_MISSING = "VILLAGE_MISSING"
    VILLAGE_UNKNOWN = "VILLAGE_UNKNOWN"
    REGION_UNKNOWN = "REGION_UNKNOWN"
    NOTHING_CORRECTED = "NOTHING_CORRECTED"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    DECISION_UNKNOWN = "DECISION_UNKNOWN"
    ALIAS_UNKNOWN = "ALIAS_UNKNOWN"
    ALIAS_DECIDED = "ALIAS_DECIDED"
    ALIAS_EMPTY = "ALIAS_EMPTY"
    POSTCODE_INVALID = "POSTCODE_INVALID"
    COLUMNS_MISSING = "COLUMNS_MISSING"
    ROWS_INVALID = "ROWS_INVALID"


MESSAGES: Mapping[Code, str] = {
    Code.ADDRESS_UNKNOWN: "%(count)s of these addresses do not exist in this office. Load the list again.",
    Code.VILLAGE_MISSING: "Choose the village that the address lies in.",
    Code.VILLAGE_UNKNOWN: "There is no village with the code %(village)s. Choose it from the list.",
    Code.REGION_UNKNOWN: "There is no region with the code %(region)s. Choose it from the list.",
    Code.NOTHING_CORRECTED: "Change at least one field, or choose another decision.",
    Code.FIELD_UNKNOWN: "%(field)s is not a field of an address. The fields are: %(known)s.",
    Code.FIELD_TOO_LONG: "The field %(field)s holds at most %(limit)s characters. Shorten it.",
    Code.DECISION_UNKNOWN: "%(decision)s is not a decision. Choose one of: %(known)s.",
    Code.ALIAS_UNKNOWN: "This name does not exist in the list. Load it again.",
    Code.ALIAS_DECIDED: "Somebody has decided about this name already.",
    Code.ALIAS_EMPTY: "Write the other name of the region.",
    Code.POSTCODE_INVALID: "%(postcode)s is not a postcode: it has five digits.",
    Code.COLUMNS_MISSING: (
        "Columns are missing: %(missing)s. Put these titles in the first row: %(expected)s."
    ),
    Code.ROWS_INVALID: (
        "%(count)s rows cannot be used; the first is row %(row)s: %(problem)s. Nothing was changed."
    ),
}


class AddressRefused(Exception):
    """A command was refused and nothing has happened: `code` says why, `params` fill the code's sentence."""

    def __init__(self, code: Code, **params: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return MESSAGES[self.code] % self.params
