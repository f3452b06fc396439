"""The gazetteer as this installation knows it: the shipped one and, on top, the operators' names and postcodes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from addresses import gazetteer as shipped
from addresses.gazetteer import Gazetteer
from addresses.gazetteer import RegionAlias as GazetteerAlias
from addresses.models import RegionAlias, RegionPostcode
from addresses.names import plain
from addresses.refusals import AddressRefused, Code
from addresses.resolver import Resolver
from spreadsheets.cells import text
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.headers import find_header
from spreadsheets.reading import SheetRow, open_sheet

ALIAS_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "name": ("nama", "nama lain", "name"),
    "region": ("kode wilayah", "kode", "region code"),
    "parent": ("kode induk", "dipakai di", "parent code"),
}
POSTCODE_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "village": ("kode desa", "kode wilayah", "village code"),
    "postcode": ("kode pos", "postcode"),
}
MOST_NAME_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """How the rows of a list ended."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    values: Mapping[str, str]


def current_gazetteer() -> Gazetteer:
    """The gazetteer with the operators' accepted names and postcodes; two small queries tell whether it is fresh."""
    return _layered(_stamp())


def current_resolver() -> Resolver:
    """The resolver over `current_gazetteer`."""
    return _resolver(_stamp())


def _stamp() -> tuple[object, ...]:
    aliases = RegionAlias.objects.filter(state=RegionAlias.State.ACCEPTED).aggregate(
        n=Count("pk"), at=Max("updated_at")
    )
    postcodes = RegionPostcode.objects.aggregate(n=Count("pk"), at=Max("updated_at"))
    return aliases["n"], aliases["at"], postcodes["n"], postcodes["at"]


@lru_cache(maxsize=2)
def _layered(_stamp: tuple[object, ...]) -> Gazetteer:
    base = shipped.load()
    accepted = RegionAlias.objects.filter(state=RegionAlias.State.ACCEPTED).order_by("pk")
    return base.with_overrides(
        postcodes=dict(RegionPostcode.objects.values_list("village_code", "postcode")),
        aliases=[
            # A name used where the region no longer lies is the name of a region that moved.
            GazetteerAlias(code, name, "" if code.startswith(f"{parent}.") or not parent else parent)
            for name, parent, code in accepted.values_list("name", "parent_code", "region_code")
        ],
    )


@lru_cache(maxsize=2)
def _resolver(stamp: tuple[object, ...]) -> Resolver:
    return Resolver(_layered(stamp))


def import_aliases(*, path: str | Path, actor_id: int | None) -> Imported:
    """Take over a list (nama, kode wilayah, kode induk) of other names of regions; all of it or nothing."""
    known = shipped.load()

    def problem(line: _Line) -> str:
        if not plain(line.values["name"]) or len(line.values["name"]) > MOST_NAME_CHARACTERS:
            return "nama"
        if line.values["region"] not in known:
            return f"kode wilayah {line.values['region'][:20]}"
        parent = line.values.get("parent", "")
        return f"kode induk {parent[:20]}" if parent and (parent not in known or len(parent) > 8) else ""

    lines = _read(path, ALIAS_COLUMNS, required=("name", "region"))
    _refuse_bad_lines(lines, [problem(line) for line in lines])
    added = changed = 0
    with transaction.atomic():
        for line in lines:
            code = line.values["region"]
            parent = line.values.get("parent", "") or code.rpartition(".")[0]
            alias, is_new = RegionAlias.objects.get_or_create(
                name=plain(line.values["name"]),
                parent_code=parent,
                region_code=code,
                defaults={"decided_by_id": actor_id},
            )
            added += is_new
            if alias.state != RegionAlias.State.ACCEPTED:
                alias.state, alias.decided_by_id = RegionAlias.State.ACCEPTED, actor_id
                alias.save(update_fields=["state", "decided_by", "updated_at"])
                changed += 1
    return Imported(added=added, changed=changed, unchanged=len(lines) - added - changed)


def import_postcodes(*, path: str | Path) -> Imported:
    """Take over a list (kode desa, kode pos) of villages' postcodes; all of it or nothing."""
    known = shipped.load()

    def problem(line: _Line) -> str:
        code, postcode = line.values["village"], line.values["postcode"]
        if code not in known or len(code) != 13:
            return f"kode desa {code[:20]}"
        return (
            ""
            if len(postcode) == 5 and postcode.isdecimal() and postcode.isascii()
            else f"kode pos {postcode[:20]}"
        )

    lines = _read(path, POSTCODE_COLUMNS, required=("village", "postcode"))
    _refuse_bad_lines(lines, [problem(line) for line in lines])
    wanted = {line.values["village"]: line.values["postcode"] for line in lines}
    with transaction.atomic():
        before = dict(RegionPostcode.objects.filter().values_list("village_code", "postcode"))
        new = {code: postcode for code, postcode in wanted.items() if before.get(code) != postcode}
        RegionPostcode.objects.bulk_create(
            [RegionPostcode(village_code=c, postcode=p, updated_at=timezone.now()) for c, p in new.items()],
            update_conflicts=True,
            unique_fields=["village_code"],
            update_fields=["postcode", "updated_at"],
            batch_size=2_000,
        )
    added = sum(code not in before for code in new)
    return Imported(added=added, changed=len(new) - added, unchanged=len(lines) - len(new))


def _read(path: str | Path, columns: Mapping[str, Sequence[str]], *, required: Sequence[str]) -> list[_Line]:
    with open_sheet(path) as sheet:
        rows = sheet.rows()
        try:
            header = find_header(rows, columns, required)
        except SheetError as error:
            if error.code not in {SheetFault.MISSING_COLUMNS, SheetFault.NO_HEADER}:
                raise
            raise AddressRefused(
                Code.COLUMNS_MISSING,
                missing=", ".join(error.params.get("missing", ()) or [columns[f][0] for f in required]),  # type: ignore[arg-type]
                expected=", ".join(names[0] for names in columns.values()),
            ) from error
        return list(_lines(rows, header.columns))


def _lines(rows: Iterator[SheetRow], columns: Mapping[str, int]) -> Iterator[_Line]:
    for number, cells in rows:
        values = {
            field: text(cells[place]).strip() if place < len(cells) else ""
            for field, place in columns.items()
        }
        if any(values.values()):
            yield _Line(number, values)


def _refuse_bad_lines(lines: Sequence[_Line], problems: Sequence[str]) -> None:
    bad = [(line.number, problem) for line, problem in zip(lines, problems, strict=True) if problem]
    if bad:
        row, problem = bad[0]
        raise AddressRefused(Code.ROWS_INVALID, count=len(bad), row=row, problem=problem)
