"""Files made to harm are refused within seconds, and the process that asked for them lives on."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.limits import MIB, Limits
from spreadsheets.reading import open_sheet
from tests.spreadsheets.workbooks import (
    LAUGHS,
    SHEET_HEAD,
    SHEET_TAIL,
    archive,
    compound,
    deflated,
    inline,
    ods,
    ods_row,
    xls,
    xlsx,
)

PATIENCE = 20.0
SHARED_STRINGS = "xl/sharedStrings.xml"
ONE_ROW = f'<row r="1">{inline("A1", "x")}</row>'


@contextmanager
def refused(tmp_path: Path, content: bytes, *faults: SheetFault, **params: int) -> Iterator[SheetError]:
    """The file is refused in time, for one of the reasons."""
    path = tmp_path / "attack"
    path.write_bytes(content)
    begun = time.monotonic()
    with pytest.raises(SheetError) as caught, open_sheet(path) as sheet:
        for _ in sheet:
            pass
    assert time.monotonic() - begun < PATIENCE
    assert caught.value.code in faults
    if params:
        assert caught.value.params == params
    yield caught.value


def assert_refused(tmp_path: Path, content: bytes, *faults: SheetFault, **params: int) -> None:
    with refused(tmp_path, content, *faults, **params) as fault:
        assert str(fault)


def test_two_cells_at_the_far_corners_are_refused(tmp_path: Path) -> None:
    body = f'<row r="1">{inline("A1", "x")}</row><row r="1048576">{inline("XFD1048576", "x")}</row>'
    content = xlsx([SHEET_HEAD, body, SHEET_TAIL])
    assert len(content) < 2_000
    assert_refused(tmp_path, content, SheetFault.OUT_OF_MEMORY)


def test_a_repeated_open_document_cell_is_refused(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    assert_refused(tmp_path, ods(rows), SheetFault.OUT_OF_MEMORY, SheetFault.UNREADABLE)


def test_a_bomb_that_says_its_size_is_refused(tmp_path: Path) -> None:
    bomb = deflated((SHEET_HEAD.encode(), 1), (b" " * MIB, 10_240))
    content = archive({"xl/workbook.xml": (deflated((b"<x/>", 1)), 4), "s.xml": (bomb, 0xFFFFFFF0)})
    assert_refused(tmp_path, content, SheetFault.TOO_LARGE, limit=768)


def test_a_bomb_that_hides_its_size_is_refused(tmp_path: Path) -> None:
    bomb = deflated((SHEET_HEAD.encode(), 1), (b" " * MIB, 10_240))
    content = archive({"xl/workbook.xml": (deflated((b"<x/>", 1)), 4), "s.xml": (bomb, 1_000)})
    assert len(content) < 12 * MIB
    assert_refused(tmp_path, content, SheetFault.TOO_LARGE, limit=768)


@pytest.mark.parametrize(
    "content",
    [
        xlsx(
            [SHEET_HEAD, ONE_ROW, SHEET_TAIL],
            more={"xl/sharedStrings.xml": f"{LAUGHS}]><x>&e12;</x>".encode()},
        ),
        xlsx([f"{LAUGHS}]>", SHEET_HEAD, f'<row r="1">{inline("A1", "&e12;")}</row>', SHEET_TAIL]),
        ods(ods_row("&e12;"), prologue=f"{LAUGHS}]>"),
    ],
    ids=["shared strings", "sheet", "open document"],
)
def test_entities_that_multiply_are_refused(tmp_path: Path, content: bytes) -> None:
    assert_refused(tmp_path, content, SheetFault.UNREADABLE)


def test_an_external_entity_reads_no_file(tmp_path: Path) -> None:
    prologue = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    assert_refused(tmp_path, ods(ods_row("&file;"), prologue=prologue), SheetFault.UNREADABLE)


@pytest.mark.parametrize("part", ["xl/externalLinks/externalLink1.xml", "xl/connections.xml"])
def test_links_to_other_files_are_refused(tmp_path: Path, part: str) -> None:
    content = xlsx([SHEET_HEAD, ONE_ROW, SHEET_TAIL], more={part: b"<x/>"})
    assert_refused(tmp_path, content, SheetFault.EXTERNAL_LINKS)


@pytest.mark.parametrize(
    "content",
    [
        xlsx([SHEET_HEAD, ONE_ROW, SHEET_TAIL], more={"xl/vbaProject.bin": b"x"}),
        xlsx([SHEET_HEAD, ONE_ROW, SHEET_TAIL], more={"xl/macrosheets/sheet1.xml": b"<x/>"}),
        ods(ods_row("x"), more={"Basic/script-lc.xml": b"<x/>"}),
        compound("_VBA_PROJECT_CUR", b"x"),
    ],
    ids=["excel", "excel 4", "open document", "xls"],
)
def test_macros_are_refused(tmp_path: Path, content: bytes) -> None:
    assert_refused(tmp_path, content, SheetFault.HAS_MACROS)


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, compound("EncryptedPackage", b"x" * 5_000), SheetFault.ENCRYPTED)


def test_a_compound_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, compound("WordDocument", b"x" * 5_000), SheetFault.NOT_A_SHEET)


def test_two_million_rows_are_refused(tmp_path: Path) -> None:
    rows = ["<row><c><v>1</v></c></row>" * 100_000] * 20
    assert_refused(tmp_path, xlsx([SHEET_HEAD, *rows, SHEET_TAIL]), SheetFault.TOO_MANY_ROWS, limit=400_000)


def test_two_million_rows_of_csv_are_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, b"a;b\n" * 2_000_000, SheetFault.TOO_MANY_ROWS, limit=400_000)


def test_every_column_of_a_sheet_is_refused(tmp_path: Path) -> None:
    body = f"<row>{'<c><v>1</v></c>' * 16_384}</row>"
    content = xlsx([SHEET_HEAD, body, SHEET_TAIL])
    assert_refused(tmp_path, content, SheetFault.TOO_MANY_COLUMNS, found=16_384, limit=256)


def test_a_column_far_to_the_right_counts_as_that_many_columns(tmp_path: Path) -> None:
    content = xlsx([SHEET_HEAD, f'<row r="1">{inline("XFD1", "x")}</row>', SHEET_TAIL])
    assert_refused(tmp_path, content, SheetFault.TOO_MANY_COLUMNS, found=16_384, limit=256)


def test_too_many_columns_of_csv_are_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, b"a;b\n" + b"x;" * 999, SheetFault.TOO_MANY_COLUMNS, found=1_000, limit=256)


@pytest.mark.parametrize(
    "content",
    [
        xlsx([SHEET_HEAD, ONE_ROW, f'<row r="2">{inline("A2", "x" * MIB)}</row>', SHEET_TAIL]),
        ods(ods_row("x") + ods_row("x" * MIB)),
        b"a;b\nx" + b"x" * MIB + b";c\n",
        b'a;b\n"never closed;' + b"x;y\n" * MIB,
    ],
    ids=["xlsx", "ods", "csv", "open quote"],
)
def test_a_cell_of_a_megabyte_is_refused_with_its_row(tmp_path: Path, content: bytes) -> None:
    assert_refused(tmp_path, content, SheetFault.CELL_TOO_LONG, row=2, limit=32_767)


def test_one_long_text_shown_in_very_many_cells_is_refused(tmp_path: Path) -> None:
    cell = '<c t="s"><v>0</v></c>'
    rows = f"<row>{cell * 200}</row>" * 2_000
    shared = f"<sst><si><t>{'x' * 32_000}</t></si></sst>".encode()
    content = xlsx([SHEET_HEAD, rows, SHEET_TAIL], more={SHARED_STRINGS: shared})
    assert_refused(tmp_path, content, SheetFault.OUT_OF_MEMORY)


def test_a_formula_is_read_as_its_value_and_never_computed(tmp_path: Path) -> None:
    body = (
        '<row r="1"><c r="A1" t="str"><f>HYPERLINK("http://x","y")</f><v>=cmd|x</v></c>'
        '<c r="B1"><f>1+1</f><v>2</v></c><c r="C1"><f>1+1</f></c><c r="D1" t="e"><v>#REF!</v></c></row>'
    )
    path = tmp_path / "formula.xlsx"
    path.write_bytes(xlsx([SHEET_HEAD, body, SHEET_TAIL]))
    with open_sheet(path) as sheet:
        ((number, cells),) = sheet.rows()
    assert (number, cells[:3]) == (1, ("=cmd|x", 2.0, None))


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.xlsx"
    wide = f"<row>{'<c><v>1</v></c>' * 100}</row>"
    path.write_bytes(xlsx([SHEET_HEAD, *[wide * 10_000] * 10, SHEET_TAIL]))
    with pytest.raises(SheetError) as caught, open_sheet(path, limits=Limits(seconds=1)) as sheet:
        for _ in sheet:
            pass
    assert caught.value.code is SheetFault.TOO_SLOW
    assert caught.value.params == {"limit": 1}


def test_a_reading_process_that_trickles_uses_up_patience_like_one_that_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, time; from spreadsheets import frames; os.write(1, frames.frame(frames.STARTED));"
        "os.write(1, frames.HEAD.pack(frames.ROWS, 10**6))\n"
        "while True: time.sleep(0.003); os.write(1, b'x')"
    )
    popen = subprocess.Popen

    def trickling(command: list[str], **others: Any) -> Any:
        return popen([command[0], "-c", script], **others)

    monkeypatch.setattr("spreadsheets.jail.subprocess.Popen", trickling)
    path = tmp_path / "any.xlsx"
    path.write_bytes(b"any")
    begun = monotonic()
    with pytest.raises(SheetError) as caught, open_sheet(path, limits=Limits(seconds=1)) as sheet:
        list(sheet)
    assert caught.value.code is SheetFault.TOO_SLOW
    assert monotonic() - begun < 10


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    path.write_bytes(xlsx([SHEET_HEAD, *["<row><c><v>1</v></c></row>" * 100_000] * 10, SHEET_TAIL]))
    with pytest.raises(SheetError) as caught, open_sheet(path, limits=Limits(memory_bytes=80 * MIB)) as sheet:
        for _ in sheet:
            pass
    assert caught.value.code is SheetFault.OUT_OF_MEMORY


@pytest.mark.parametrize("keep", [60, 600, 2_000, 4_000])
def test_a_workbook_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    content = xls([["NIK", 1.0]] * 20)
    faults = (SheetFault.UNREADABLE, SheetFault.NOT_A_SHEET, SheetFault.EMPTY)
    assert_refused(tmp_path, content[:keep], *faults)
