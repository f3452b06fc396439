"""What people and logs may see of names, numbers and links."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.logs import MaskedFormatter, MaskedJsonFormatter, masked_event
from privacy.masking import mask_digits, mask_line, mask_name, mask_scan


@pytest.mark.parametrize(
    ("name", "masked"),
    [("Budi Santoso", "B*** S***"), ("  Sri  ", "S***"), ("", ""), ("I Gusti Ngurah", "I*** G*** N***")],
)
def test_a_name_keeps_first_letters_and_not_its_length(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=4))
def test_no_masked_name_contains_the_name(name: str) -> None:
    assert name not in mask_name(name)


@pytest.mark.parametrize(
    ("number", "masked"), [("3216061234560001", "••••0001"), ("0001", "••••"), ("", "••••")]
)
def test_a_number_keeps_its_last_four_digits(number: str, masked: str) -> None:
    assert mask_digits(number) == masked


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("nik=3216061234560001.", "nik=[nik]."),
        ("a number of 17 digits 32160612345600011", "a number of 17 digits 32160612345600011"),
        ("call 081234567890 or +6281234567890", "call [phone] or [phone]"),
        ("GET /t/K387420489J.abcDEF_-9 200", "GET /t/[secret] 200"),
        ("GET /desa/abcdefgh12345/ 200", "GET /desa/[secret]/ 200"),
        ("number K387420489J, PIN 7H4K9M)", "number K387420489J, PIN [secret])"),
        ("PIN salah", "PIN salah"),
        ("posted RR473124829GB", "posted RR473124829GB"),
    ],
)
def test_a_line_loses_identity_numbers_phones_pins_and_secret_links(line: str, masked: str) -> None:
    assert mask_line(line) == masked


def log_record(message: str, **extra: object) -> logging.LogRecord:
    try:
        raise ValueError("no card has NIK 3216061234560001")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, (), sys.exc_info())
    record.__dict__.update(extra)
    return record


@pytest.mark.parametrize("formatter", [MaskedFormatter(), MaskedJsonFormatter()])
def test_neither_extra_nor_a_traceback_carries_a_nik_into_the_log(formatter: logging.Formatter) -> None:
    line = formatter.format(log_record("sent to 081234567890", nik="3216061234560001"))
    assert "3216061234560001" not in line
    assert "081234567890" not in line
    assert "ValueError" in line


def test_a_json_line_stays_json() -> None:
    line = MaskedJsonFormatter().format(log_record("sent", nik="3216061234560001"))
    assert json.loads(line)["nik"] == "[nik]"


def test_a_link_whose_token_holds_a_phone_like_number_is_masked_whole() -> None:
    assert mask_line("GET /t/K081234567890Y.hjYlZLj5Eqh54qwg HTTP/1.1") == "GET /t/[secret] HTTP/1.1"


@pytest.mark.parametrize(
    ("scanned", "kept"),
    [
        ("3216061234560001", "••••0001"),
        (" 3216.0612-3456 0001", "••••0001"),
        ("https://contoh.id/t/K048213957T.c2VjcmV0c2VjcmV0", "https://contoh.id/t/[secret]"),
        ("NIK:3216061234560001;", "NIK:[nik];"),
        ("RR473124829ID", "RR473124829ID"),
        ("08123456789", "08123456789"),  # an older number of the post
    ],
)
def test_a_scan_that_nobody_knows_is_kept_without_its_secrets(scanned: str, kept: str) -> None:
    assert mask_scan(scanned) == kept


def test_a_report_of_an_error_leaves_without_numbers_and_links() -> None:
    event = {
        "request": {"url": "https://contoh.id/t/K048213957T.c2VjcmV0c2VjcmV0"},
        "breadcrumbs": {"values": [{"message": "PIN ABC234 for 3216061234560001"}]},
        "exception": {"values": [{"value": ValueError("call 081234567890")}]},
    }
    assert masked_event(event, {}) == {
        "request": {"url": "https://contoh.id/t/[secret]"},
        "breadcrumbs": {"values": [{"message": "PIN [secret] for [nik]"}]},
        "exception": {"values": [{"value": "call [phone]"}]},
    }
