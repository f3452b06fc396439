"""Check digits, forms and our own reference."""

import pytest

from shipments.numbers import (
    NumberKind,
    Scanned,
    is_item_number,
    is_pos_number,
    is_reference,
    is_s10,
    make_reference,
    normalise,
    one_figure_away,
    s10,
    s10_check_digit,
    spaced,
)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("serial", "digit"),
    [
        (47312482, 9), (47110815, 1), (71761, 8), (28704377, 5), (78469999, 4), (96633102, 0), (76129403, 8),
        (71758, 1), (12345678, 5), (1, 4), (0, 5),
    ],
)  # fmt: skip
def test_s10_check_digit_is_that_of_the_standard(serial: int, digit: int) -> None:
    assert s10_check_digit(serial) == digit


def test_s10_writes_the_number_of_the_standards_example() -> None:
    assert s10(service_indicator="RR", serial=47312482, country="GB") == "RR473124829GB"


@pytest.mark.parametrize(
    ("indicator", "serial", "country"),
    [("R", 1, "ID"), ("rr", 1, "ID"), ("RR", 1, "IDN"), ("RR", -1, "ID"), ("RR", 10**8, "ID")],
)
def test_s10_refuses_what_is_no_number(indicator: str, serial: int, country: str) -> None:
    with pytest.raises(ValueError):
        s10(service_indicator=indicator, serial=serial, country=country)


def test_is_s10_refuses_a_wrong_check_digit() -> None:
    assert is_s10("RR473124829GB")
    assert not is_s10("RR473124828GB")
    assert not is_s10("RR47312482GB")


@pytest.mark.parametrize(
    "number",
    ["P2005040001234", "P2005040001234.2", "BAC1234567890ABCDEF", "BAC1234567890ABCDEFG", "12345678901"],
)
def test_pos_numbers_of_every_generation_are_known(number: str) -> None:
    assert is_pos_number(number)
    assert is_item_number(number)
    assert normalise(number) == Scanned(NumberKind.POS, number)


@pytest.mark.parametrize(
    "number", ["P200504000123", "P2005040001234.", "BAC123", "123456789012", "Q2005040001234"]
)
def test_what_only_resembles_a_pos_number_is_not_one(number: str) -> None:
    assert not is_pos_number(number)


def test_references_of_ten_thousand_serials_differ_and_are_valid() -> None:
    references = {make_reference(serial) for serial in range(1, 10_001)}
    assert len(references) == 10_000
    assert all(is_reference(reference) and len(reference) == 11 for reference in references)


def test_reference_of_a_serial_never_changes() -> None:
    assert make_reference(1) == "K387420489" + make_reference(1)[10]
    assert make_reference(1) == "K387420489J"


@pytest.mark.parametrize("serial", [0, -1, 10**9])
def test_reference_refuses_a_serial_out_of_range(serial: int) -> None:
    with pytest.raises(ValueError):
        make_reference(serial)


@pytest.mark.parametrize("serial", [1, 2, 999_999_999, 132_289, 54_321])
def test_reference_notices_every_single_wrong_character(serial: int) -> None:
    reference = make_reference(serial)
    for place, right in enumerate(reference):
        for wrong in ALPHABET:
            if wrong != right:
                assert not is_reference(reference[:place] + wrong + reference[place + 1 :])


@pytest.mark.parametrize("serial", [1, 2, 999_999_999, 132_289, 54_321])
def test_reference_notices_any_two_exchanged_characters(serial: int) -> None:
    reference = make_reference(serial)
    for first in range(len(reference)):
        for second in range(first + 1, len(reference)):
            if reference[first] != reference[second]:
                exchanged = list(reference)
                exchanged[first], exchanged[second] = exchanged[second], exchanged[first]
                assert not is_reference("".join(exchanged))


def test_reference_is_no_number_of_the_post() -> None:
    reference = make_reference(7)
    assert not is_s10(reference)
    assert not is_pos_number(reference)


@pytest.mark.parametrize(
    "typed",
    [
        "k387420489j",
        " K387 420 489 J ",
        "K-387-420-489-J",
        "\u200bK387420489J\r\n",
        "]C0K387420489J",
        "Ｋ387420489Ｊ",
    ],
)
def test_normalise_reads_a_reference_however_it_is_typed(typed: str) -> None:
    assert normalise(typed) == Scanned(NumberKind.REFERENCE, "K387420489J")


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("rr 4731 2482 9 gb", NumberKind.S10, "RR473124829GB"),
        ("RR473124820GB", NumberKind.WRONG_CHECK, "RR473124820GB"),
        ("K387420489X", NumberKind.WRONG_CHECK, "K387420489X"),
        ("pid 0012345", NumberKind.BAG, "PID0012345"),
        ("3216-0612-3456-0001", NumberKind.NIK, "3216061234560001"),
        ("p2005040001234.2", NumberKind.POS, "P2005040001234.2"),
        ("halo", NumberKind.OTHER, "HALO"),
        ("", NumberKind.OTHER, ""),
    ],
)
def test_normalise_tells_numbers_apart(typed: str, kind: NumberKind, value: str) -> None:
    assert normalise(typed) == Scanned(kind, value)


def test_spaced_reference_reads_back() -> None:
    assert spaced("K387420489J") == "K387 420 489 J"
    assert normalise(spaced("K387420489J")).value == "K387420489J"


@pytest.mark.parametrize("number", ["RR473124829GB", "RR473124820GB", "RR000000005ID", "RZ100000065ID"])
def test_the_s10_numbers_one_figure_away_are_all_that_have_a_right_check(number: str) -> None:
    all_others = {
        f"{number[:place]}{other}{number[place + 1 :]}"
        for place in range(2, 11)
        for other in "0123456789"
        if other != number[place]
    }
    assert set(one_figure_away(number)) == {other for other in all_others if is_s10(other)}


@pytest.mark.parametrize("wrong", ["", "figure", "letter"])
def test_the_references_one_figure_away_are_all_that_have_a_right_letter(wrong: str) -> None:
    number = make_reference(77)
    if wrong == "figure":
        number = f"{number[:4]}{(int(number[4]) + 3) % 10}{number[5:]}"
    if wrong == "letter":
        number = number[:10] + ("A" if number[10] != "A" else "B")
    all_others = {
        f"{number[:place]}{other}{number[place + 1 :]}"
        for place in range(1, 11)
        for other in (ALPHABET[:10] if place < 10 else ALPHABET[10:])
        if other != number[place]
    }
    near = set(one_figure_away(number))
    assert near == {other for other in all_others if is_reference(other)}
    assert (make_reference(77) in near) is bool(wrong)


def test_any_figure_of_the_post_s_own_numbers_may_be_wrong() -> None:
    assert len(list(one_figure_away("P2005060000001"))) == 13 * 9
    assert list(one_figure_away("tanpa nomor")) == []
