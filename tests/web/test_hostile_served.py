"""Files made to harm, sent over HTTP to the product as it runs: refused in time, and web and worker go on."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pytest_django import Settings

from accounts.models import ApiKey, User
from offices.models import Office
from spreadsheets.limits import MIB
from tests.delivery.mailing import mail_cards
from tests.spreadsheets.workbooks import (
    LAUGHS,
    SHEET_HEAD,
    SHEET_TAIL,
    archive,
    deflated,
    inline,
    ods,
    ods_row,
    xlsx,
)
from tests.web.serving import NEEDS_PROC, Serve, Served
from tests.web.test_hostile_files import FAR, NO_BOOK

pytestmark = [pytest.mark.django_db(transaction=True), NEEDS_PROC]
# Typical: under a second each, the bomb three, two million rows of a workbook seven. A slow core has ample time.
SECONDS = 30
FILES = "/api/v1/courier-files/"
FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
BOUNDARY = "batas"
ONE_ROW = f'<row r="1">{inline("A1", "x")}</row>'
Made = tuple[str, bytes]


def sheet(*pieces: str, more: dict[str, bytes] | None = None) -> Made:
    return "a.xlsx", xlsx([SHEET_HEAD, *pieces, SHEET_TAIL], more=more)


ATTACKS: dict[str, tuple[str, Callable[[], Made]]] = {
    "two far cells": ("out_of_memory", lambda: sheet(FAR)),
    "a bomb that hides its size": (
        "too_large",
        lambda: (
            "a.xlsx",
            archive({"xl/workbook.xml": NO_BOOK, "s.xml": (deflated((b" " * MIB, 10_240)), 1_000)}),
        ),
    ),
    "entities in a workbook": (
        "unreadable",
        lambda: ("a.xlsx", xlsx([f"{LAUGHS}]>", SHEET_HEAD, f"<row>{inline('A1', '&e12;')}</row>", SHEET_TAIL])),
    ),
    "entities in an open document": (
        "unreadable", lambda: ("a.ods", ods(ods_row("&e12;"), prologue=f"{LAUGHS}]>"))
    ),
    "links to other files": (
        "external_links", lambda: sheet(ONE_ROW, more={"xl/externalLinks/externalLink1.xml": b"<x/>"})
    ),
    "macros": ("has_macros", lambda: sheet(ONE_ROW, more={"xl/vbaProject.bin": b"x"})),
    "two million rows": (
        "too_many_rows", lambda: sheet(*["<row><c><v>1</v></c></row>" * 100_000] * 20)
    ),
    "two million rows of text": ("too_many_rows", lambda: ("a.csv", b"a;b\n" * 2_000_000)),
    "every column": ("too_many_columns", lambda: sheet(f"<row>{'<c><v>1</v></c>' * 16_384}</row>")),
    "a cell of a megabyte": (
        "cell_too_long", lambda: sheet(ONE_ROW, f'<row r="2">{inline("A2", "x" * MIB)}</row>')
    ),
}  # fmt: skip


class Sender:
    """Whoever has the key of an office's machine."""

    def __init__(self, served: Served, key: str) -> None:
        self._served = served
        self._headers = {"Authorization": f"Api-Key {key}"}

    def get(self, path: str) -> Any:
        return self._served.ask(path, headers=self._headers)

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file to apply; give its address."""
        parts = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="apply"\r\n\r\ntrue\r\n--{BOUNDARY}\r\n'
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        )
        answer = self._served.ask(
            FILES,
            headers={**self._headers, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            body=b"".join((parts.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode())),
        )
        return f"{FILES}{answer['id']}/"

    def ended(self, file: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Wait until a file's work has ended; give the file and its job."""
        self._served.until(lambda: self.get(file)["work"] is None)
        told = self.get(file)
        return told, self.get(f"/api/v1/jobs/{told['job']}/")


def formulas(number: str | None) -> bytes:
    """A good row whose cells are formulas, as their program last computed them."""

    def cell(place: str, value: str) -> str:
        return f'<c r="{place}" t="str"><f>HYPERLINK("http://x","y")</f><v>{value}</v></c>'

    titles = "".join(inline(f"{column}1", title) for column, title in zip("ABCD", TITLES, strict=True))
    values = (number or "", "DELIVERED", "=cmd|x", "06/05/2020")
    cells = "".join(cell(f"{column}2", value) for column, value in zip("ABCD", values, strict=True))
    return xlsx([SHEET_HEAD, f'<row r="1">{titles}</row><row r="2">{cells}</row>', SHEET_TAIL])


TITLES = ("No Resi", "Status", "SLA", "Tanggal")


def test_hostile_files_are_refused_in_time_and_web_and_worker_go_on(
    serve: Serve, registry: Office, post_office: Office, partner: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    _row, key = ApiKey.objects.create_key(name="mesin pos", user=partner)
    served = serve()
    sender = Sender(served, str(key))
    served.until(lambda: served.answers() and served.number_of("db_worker"))
    engine = served.number_of("db_worker")
    sent = {name: sender.upload(*make()) for name, (_fault, make) in ATTACKS.items()}
    sent_formulas = sender.upload("a.xlsx", formulas(mailed.items[0].number))
    good = f"No Resi;Status;Tanggal\n{mailed.items[1].number};DELIVERED;06/05/2020"
    sent_good = sender.upload("b.csv", good.encode())
    # the pages answer while the worker has them all before it, and afterwards
    assert len(sender.get(FILES)["results"]) == len(ATTACKS) + 2
    for name, file in sent.items():
        told, job = sender.ended(file)
        assert (told["state"], told["fault"]["code"]) == ("REFUSED", ATTACKS[name][0]), name
        assert (job["state"], job["attempts"], job["seconds"] < SECONDS) == ("FAILED", 1, True), name
        assert told["rows"] == 0
    told, job = sender.ended(sent_formulas)
    assert (told["state"], told["outcomes"]["applied"], job["seconds"] < SECONDS) == ("APPLIED", 1, True)
    page = openpyxl.load_workbook(BytesIO(sender.get(f"{sent_formulas}result/"))).worksheets[0]
    assert [cell.value for cell in page[2]][:3] == [mailed.items[0].number, "DELIVERED", "'=cmd|x"]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    told, _job = sender.ended(sent_good)
    assert (told["state"], told["outcomes"]["applied"]) == ("APPLIED", 1)
    served.until(served.answers)
    assert served.number_of("db_worker") == engine  # it was never started anew
