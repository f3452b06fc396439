"""Read a printer's sheet of printed cards: each row becomes a card to post or an error to correct."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter, gt, itemgetter
from typing import BinaryIO, Protocol, Self
from zoneinfo import ZoneInfo

from shipments.card_columns import CARD_COLUMNS, FIELDS, LANES, MAX_CHARACTERS, CardLane
from spreadsheets.cells import DAMAGED_FROM, Cell, identifier, text, when
from spreadsheets.faults import CellError, CellFault, gettext_noop
from spreadsheets.frames import SheetRow
from spreadsheets.headers import HeaderMatch, find_header, folded
from spreadsheets.writing import Column, write_template, write_xlsx

# Kemendagri codes of the provinces, those of 2022 included; a NIK keeps the code of first registration.
PROVINCE_CODES = frozenset(
    f"{first}{second}"
    for first, seconds in {
        1: "12345678",
        2: "1",
        3: "123456",
        5: "123",
        6: "12345",
        7: "123456",
        8: "12",
    }.items()
    for second in seconds
) | frozenset(("19", "91", "92", "93", "94", "95", "96", "97"))
# A woman's day of birth is written plus this.
WOMAN_DAY_OFFSET = 40
# The explanations beside the form in our own template.
GUIDE_SHEET = "Petunjuk"
# Row number and reason in the sheet that is given back; ignored when it is uploaded again.
SHEET_ROW_TITLE, REASON_TITLE = "Baris asal", "Alasan ditolak"
_CACHED_DAYS = 10_000
_NIK = re.compile(r"'?\d{16}")
_PHONE_SEPARATORS = re.compile(r"[/,;]|\s+(?:dan|atau|or)\s+")
_NOT_DIALLED = re.compile(r"[\s().\-]|(?<!^)\+")
_TITLES = {column.field: column.title for column in CARD_COLUMNS}
_limited: Callable[[PrintedCardRow], tuple[str, ...]] = attrgetter(*MAX_CHARACTERS)


class RowFault(StrEnum):
    """Why a row is refused."""

    NIK_MISSING = "nik_missing"
    NIK_DAMAGED = "nik_damaged"
    NIK_INVALID = "nik_invalid"
    NAME_MISSING = "name_missing"
    DATE_BAD = "date_bad"
    DATE_AMBIGUOUS = "date_ambiguous"
    DATE_FUTURE = "date_future"
    ADDRESS_MISSING = "address_missing"
    TEXT_TOO_LONG = "text_too_long"


class RowWarning(StrEnum):
    """What is odd about a row that is taken all the same."""

    NIK_REGION_UNKNOWN = "nik_region_unknown"
    KK_INVALID = "kk_invalid"
    PHONE_INVALID = "phone_invalid"
    BLANK_SERIAL_DAMAGED = "blank_serial_damaged"
    LANE_UNKNOWN = "lane_unknown"
    RT_RW_WAS_DATE = "rt_rw_was_date"


# Neither sentences nor parameters show a NIK: they are stored with the file's result and may reach a log.
MESSAGES: Mapping[RowFault, str] = {
    RowFault.NIK_MISSING: gettext_noop("The NIK is missing. Fill it in."),
    RowFault.NIK_DAMAGED: gettext_noop(
        "The NIK was damaged by the spreadsheet, which keeps 15 digits only. Format the column as text "
        "and copy the NIK again from its source."
    ),
    RowFault.NIK_INVALID: gettext_noop(
        "The NIK is not valid: it has 16 digits, and digits 7 to 12 are the date of birth "
        "(day plus 40 for women). Compare it with the card."
    ),
    RowFault.NAME_MISSING: gettext_noop("The name is missing. Fill it in as it stands on the card."),
    RowFault.DATE_BAD: gettext_noop(
        "“%(value)s” is not a print date. Write it as day/month/year, for example 31/12/2020."
    ),
    RowFault.DATE_AMBIGUOUS: gettext_noop(
        "The print date “%(value)s” can be read in two ways. Write the year with four digits."
    ),
    RowFault.DATE_FUTURE: gettext_noop("The print date %(value)s is in the future. Correct it."),
    RowFault.ADDRESS_MISSING: gettext_noop(
        "The row has no address: “%(column)s” and the region are empty. Fill them in."
    ),
    RowFault.TEXT_TOO_LONG: gettext_noop("“%(column)s” has more than %(limit)s characters. Shorten it."),
}

WARNING_MESSAGES: Mapping[RowWarning, str] = {
    RowWarning.NIK_REGION_UNKNOWN: gettext_noop("The NIK begins with the code of no known province."),
    RowWarning.KK_INVALID: gettext_noop(
        "The family card number is damaged or has not 16 digits; it was left out."
    ),
    RowWarning.PHONE_INVALID: gettext_noop("The phone number is not valid; it was left out."),
    RowWarning.BLANK_SERIAL_DAMAGED: gettext_noop(
        "The serial number of the card was damaged by the spreadsheet; it was left out."
    ),
    RowWarning.LANE_UNKNOWN: gettext_noop("The priority is not known; the card is treated as ordinary."),
    RowWarning.RT_RW_WAS_DATE: gettext_noop(
        "The spreadsheet had turned RT/RW into a date; it was read as day/month."
    ),
}


@dataclass(frozen=True, slots=True)
class PrintedCardRow:
    """One printed card as its row tells it; the address as typed, the phone as +62…, "" for what is absent."""

    row_number: int
    nik: str
    kk: str
    phone: str
    name: str
    printed_on: dt.date
    alamat: str
    rt_rw: str
    dusun: str
    desa_kelurahan: str
    kecamatan: str
    kabupaten: str
    provinsi: str
    kode_pos: str
    rt: str
    rw: str
    lane: CardLane
    blank_serial: str
    warnings: tuple[RowWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that is refused: why, in which field, what fills the code's sentence, and the cells as they came."""

    row_number: int
    code: RowFault
    field: str
    params: Mapping[str, str | int]
    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        return MESSAGES[self.code] % self.params


class Rows(Protocol):
    """An open sheet: what spreadsheets.reading.open_sheet gives."""

    def rows(self) -> Iterator[SheetRow]:
        """The rows in order."""


class CardRows:
    """The rows of a sheet of printed cards below its header, each a PrintedCardRow or a RowError; read once."""

    def __init__(
        self, rows: Iterator[SheetRow], header: HeaderMatch, *, today: dt.date, zone: ZoneInfo
    ) -> None:
        self.header = header
        self._rows = rows
        self._today = today
        self._zone = zone
        self._days: dict[Cell, dt.date] = {}
        # A field without a column takes the empty cell that is put behind every row.
        self._fields = itemgetter(*(header.columns.get(field, -1) for field in FIELDS))
        self._width = max(header.columns.values()) + 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> PrintedCardRow | RowError:
        for number, cells in self._rows:
            missing = self._width - len(cells)
            fields = self._fields((*cells, *(None,) * missing, None) if missing > 0 else (*cells, None))
            # Rows that only carry a running number wait to be filled in: they are no cards.
            if any(cell is not None for cell in fields):
                try:
                    return self._card(number, fields)
                except _Refused as refused:
                    return RowError(number, refused.code, refused.field, refused.params, cells)
        raise StopIteration

    def _card(self, number: int, fields: tuple[Cell, ...]) -> PrintedCardRow:
        (nik_cell, name_cell, printed_cell, alamat_cell, rt_rw_cell, rt_cell, rw_cell, dusun_cell, village_cell,
         district_cell, regency_cell, province_cell, postcode_cell, kk_cell, phone_cell, lane_cell,
         serial_cell) = fields  # fmt: skip
        warnings: list[RowWarning] = []
        nik = _nik(nik_cell, warnings)
        name = text(name_cell)
        if not any(map(str.isalpha, name)):
            raise _Refused(RowFault.NAME_MISSING, "name")
        rt, rw = text(rt_cell), text(rw_cell)
        card = PrintedCardRow(
            row_number=number,
            nik=nik,
            kk=_kk(kk_cell, warnings) if kk_cell is not None else "",
            phone=_phone(phone_cell, warnings) if phone_cell is not None else "",
            name=name,
            printed_on=self._printed_on(printed_cell),
            alamat=text(alamat_cell),
            rt_rw=_rt_rw(rt_rw_cell, rt, rw, warnings),
            dusun=text(dusun_cell),
            desa_kelurahan=text(village_cell),
            kecamatan=text(district_cell),
            kabupaten=text(regency_cell),
            provinsi=text(province_cell),
            kode_pos=text(postcode_cell),
            rt=rt,
            rw=rw,
            lane=_lane(lane_cell, warnings) if lane_cell is not None else CardLane.ORDINARY,
            blank_serial=_serial(serial_cell, warnings) if serial_cell is not None else "",
            warnings=tuple(warnings),
        )
        _check_address(card)
        _check_lengths(card)
        return card

    def _printed_on(self, cell: Cell) -> dt.date:
        day = self._days.get(cell)
        if day is None:
            try:
                day = when(cell, zone=self._zone).astimezone(self._zone).date()
            except CellError as fault:
                code = (
                    RowFault.DATE_AMBIGUOUS if fault.code is CellFault.DATE_AMBIGUOUS else RowFault.DATE_BAD
                )
                raise _Refused(code, "printed_on", value=fault.value) from fault
            if len(self._days) < _CACHED_DAYS:
                self._days[cell] = day
        if day > self._today:
            raise _Refused(RowFault.DATE_FUTURE, "printed_on", value=day.strftime("%d/%m/%Y"))
        return day


def read_cards(sheet: Rows, *, today: dt.date, zone: ZoneInfo) -> CardRows:
    """The cards of an open sheet, streamed, with the sheet's own row numbers.

    `today` is the office's day: a later print date is refused. SheetError when the header has not every
    required column. Each row below it that has anything in a known column ends as exactly one of both kinds.
    """
    header, rows = find_card_header(sheet.rows())
    return CardRows(rows, header, today=today, zone=zone)


def find_card_header(rows: Iterator[SheetRow]) -> tuple[HeaderMatch, Iterator[SheetRow]]:
    """The header of a sheet of printed cards and the rows below it; SheetError when a required column is missing."""
    synonyms = {column.field: (column.title, *column.synonyms) for column in CARD_COLUMNS}
    required = [column.field for column in CARD_COLUMNS if column.required]
    return find_header(rows, synonyms, required), rows


def looks_like_nik(cell: Cell) -> bool:
    """Whether a cell holds what only rows of cards have: sixteen digits, or what a spreadsheet made of them."""
    if isinstance(cell, float):
        return cell >= DAMAGED_FROM
    return isinstance(cell, str) and _NIK.fullmatch(cell.strip()) is not None


def write_card_template(output: BinaryIO, *, translate: Callable[[str], str] = str) -> None:
    """Write the workbook that an office fills in; `translate` turns the guide's English into its language."""
    write_template(
        output,
        sheet="Kartu tercetak",
        columns=[Column(column.title, column.width, column.kind) for column in CARD_COLUMNS],
        guide_sheet=GUIDE_SHEET,
        guide=[
            tuple(map(translate, ("Column", "Required", "Example", "Explanation"))),
            *(
                (
                    column.title,
                    translate("yes" if column.required else "no"),
                    column.example,
                    translate(column.note),
                )
                for column in CARD_COLUMNS
            ),
        ],
    )


def write_rejected_rows(
    output: BinaryIO,
    errors: Iterable[RowError],
    header: HeaderMatch,
    *,
    reason: Callable[[RowError], str] = str,
) -> int:
    """Write the refused rows in their sheet's own layout with two columns more: its row number and the reason.

    The workbook can be corrected and uploaded as it is; columns of an earlier refusal are replaced. `reason`
    gives the sentence in the reader's language. Returns the number of rows.
    """
    ours = {folded(SHEET_ROW_TITLE), folded(REASON_TITLE)}
    kept = [index for index, title in enumerate(header.titles) if folded(title) not in ours]
    dates = {header.columns.get("printed_on")}
    columns = [
        *(Column(header.titles[index], 20, "date" if index in dates else "text") for index in kept),
        Column(SHEET_ROW_TITLE, 10, "number"),
        Column(REASON_TITLE, 80),
    ]
    rows = (
        (
            *(error.cells[index] if index < len(error.cells) else None for index in kept),
            error.row_number,
            reason(error),
        )
        for error in errors
    )
    return write_xlsx(output, sheet="Ditolak", columns=columns, rows=rows)


class _Refused(Exception):
    def __init__(self, code: RowFault, field: str, **params: str | int) -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field
        self.params = params


def _nik(cell: Cell, warnings: list[RowWarning]) -> str:
    try:
        nik = identifier(cell)
    except CellError as fault:
        raise _Refused(RowFault.NIK_DAMAGED, "nik") from fault
    if not nik:
        raise _Refused(RowFault.NIK_MISSING, "nik")
    if len(nik) != 16 or not (nik.isascii() and nik.isdigit()) or not _is_birth_date(nik[6:12]):
        raise _Refused(RowFault.NIK_INVALID, "nik")
    # Serials begin at 0001: four zeros are what rounding to 15 digits leaves.
    if nik.endswith("0000"):
        raise _Refused(RowFault.NIK_DAMAGED, "nik")
    if nik[:2] not in PROVINCE_CODES:
        warnings.append(RowWarning.NIK_REGION_UNKNOWN)
    return nik


@lru_cache(maxsize=65_536)
def _is_birth_date(digits: str) -> bool:
    """Whether DDMMYY, the day plus 40 for women, is a day of this century or the last."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if day > WOMAN_DAY_OFFSET:
        day -= WOMAN_DAY_OFFSET
    try:
        dt.date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _kk(cell: Cell, warnings: list[RowWarning]) -> str:
    with suppress(CellError):
        number = identifier(cell)
        if not number or (len(number) == 16 and number.isascii() and number.isdigit()):
            return number
    warnings.append(RowWarning.KK_INVALID)
    return ""


def _phone(cell: Cell, warnings: list[RowWarning]) -> str:
    """The first number in the cell as +62…; a zero that a number cell has lost is put back."""
    typed = text(cell)
    dialled = _NOT_DIALLED.sub("", _PHONE_SEPARATORS.split(typed, maxsplit=1)[0])
    national = dialled.removeprefix("+").removeprefix("62").removeprefix("0")
    if national.isascii() and national.isdigit() and 8 <= len(national) <= 12 and national[0] != "0":
        return "+62" + national
    if typed.strip("-0 "):
        warnings.append(RowWarning.PHONE_INVALID)
    return ""


def _serial(cell: Cell, warnings: list[RowWarning]) -> str:
    try:
        return identifier(cell)
    except CellError:
        warnings.append(RowWarning.BLANK_SERIAL_DAMAGED)
        return ""


def _lane(cell: Cell, warnings: list[RowWarning]) -> CardLane:
    typed = folded(text(cell)[:100])
    lane = LANES.get(typed)
    if lane is None:
        if typed:
            warnings.append(RowWarning.LANE_UNKNOWN)
        return CardLane.ORDINARY
    return lane


def _rt_rw(cell: Cell, rt: str, rw: str, warnings: list[RowWarning]) -> str:
    """RT and RW in one text, from one column or from two."""
    if isinstance(cell, dt.date):
        # Excel reads 01/02 as 1 February; Indonesian settings put the day first.
        warnings.append(RowWarning.RT_RW_WAS_DATE)
        return f"{cell.day}/{cell.month}"
    if cell is not None:
        return text(cell)
    if rt and rw:
        return f"{rt}/{rw}"
    if rt:
        return f"RT {rt}"
    return f"RW {rw}" if rw else ""


def _check_address(card: PrintedCardRow) -> None:
    # A printed card exists, however little its address says: what is incomplete waits at the review desk, in the
    # ledger's sight. Only a row without any address is more likely a slip of the sheet.
    if not (card.alamat or card.rt_rw or card.dusun or card.desa_kelurahan or card.kecamatan):
        raise _Refused(RowFault.ADDRESS_MISSING, "alamat", column=_TITLES["alamat"])


def _check_lengths(card: PrintedCardRow) -> None:
    # Nearly no row is too long: one comparison for all fields, the field's name only when it is needed.
    if not any(map(gt, map(len, _limited(card)), MAX_CHARACTERS.values())):
        return
    for value, (field, limit) in zip(_limited(card), MAX_CHARACTERS.items(), strict=True):
        if len(value) > limit:
            raise _Refused(RowFault.TEXT_TOO_LONG, field, column=_TITLES[field], limit=limit)
