"""What may stand on a label, and what is refused before anything is drawn."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import pytest

from labels.content import LabelContent, LabelError, LabelFault
from tests.labels.samples import label

GOOD = label(random.Random(4), item_number="RR473124829GB")


def test_a_label_has_no_place_for_a_nik_a_phone_or_a_pin() -> None:
    names = {field.name for field in fields(LabelContent)}
    assert names == {
        "sender_name",
        "sender_lines",
        "addressee",
        "address_lines",
        "region_line",
        "postcode",
        "item_number",
        "reference",
        "post_office_code",
        "post_office_name",
        "bag_code",
        "sort_key",
    }


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("item_number", "RR 473124829 GB", LabelFault.NUMBER_NOT_PRINTABLE),
        ("item_number", "RR47312482\u0660GB", LabelFault.NUMBER_NOT_PRINTABLE),
        ("item_number", "RR473124829\n", LabelFault.NUMBER_NOT_PRINTABLE),
        ("item_number", "A" * 21, LabelFault.NUMBER_NOT_PRINTABLE),
        ("reference", "", LabelFault.REFERENCE_NOT_PRINTABLE),
        ("reference", "AK\u00e91", LabelFault.REFERENCE_NOT_PRINTABLE),
        ("reference", "A" * 33, LabelFault.REFERENCE_NOT_PRINTABLE),
        ("addressee", " \t", LabelFault.ADDRESSEE_MISSING),
    ],
)
def test_a_label_refuses_what_no_scanner_or_courier_could_use(
    field: str, value: str, fault: LabelFault
) -> None:
    with pytest.raises(LabelError) as refusal:
        replace(GOOD, **{field: value})  # type: ignore[arg-type]
    assert refusal.value.fault is fault


def test_a_label_waits_for_a_number_that_the_post_gives_at_acceptance() -> None:
    assert replace(GOOD, item_number="").item_number == ""
