"""Write a result workbook anew after rows of it have ended differently: a text was explained later."""

import tempfile
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext

from delivery.courier_files.layouts import find_layout
from delivery.courier_files.results import EXPLANATIONS, NAMES, WORDS_TOLD, result_columns
from delivery.courier_files.rows import TO_LOOK_AT, Layout, RowOutcome
from delivery.models import CourierFile, CourierRow
from delivery.refusals import Code, DeliveryRefused
from jobs import services as jobs
from spreadsheets.cells import FORMULA_STARTS, Cell
from spreadsheets.frames import SheetRow
from spreadsheets.reading import open_sheet
from spreadsheets.writing import write_xlsx

RESULT_JOB = "courier.result"
_SETTLED = [outcome.name for outcome in RowOutcome if outcome not in TO_LOOK_AT]
_FEW = 500
OnProgress = Callable[[int, int], None]


def start_rewriting(*, file_ids: Iterable[uuid.UUID], actor_id: int | None, office_id: int | None) -> None:
    """Let a worker write the result workbooks of files anew."""
    files = sorted(map(str, file_ids))
    if files:
        jobs.enqueue(
            kind=RESULT_JOB, input={"files": files}, owner_id=actor_id, office_id=office_id, total=len(files)
        )


def rewrite_results(*, file_ids: Sequence[uuid.UUID], on_progress: OnProgress) -> int:
    """Write the workbooks of files anew where rows ended differently since; give how many. Safe to repeat."""
    written = 0
    for done, courier_file in enumerate(CourierFile.objects.filter(pk__in=file_ids).order_by("pk")):
        on_progress(done, len(file_ids))
        written += _rewrite(courier_file)
    return written


def outcomes_told(courier_file: CourierFile, rows: Collection[int]) -> dict[int, RowOutcome]:
    """Give how rows ended as the result workbook tells it; what the file's kept rows say goes before it.

    Refuses a workbook whose words tell no outcome.
    """
    told: dict[int, RowOutcome] = {}
    if rows:
        with open_sheet(courier_file.result.path) as sheet:
            layout, below = find_layout(sheet.rows())
            place = len(layout.indices)
            for row in below:
                if row.number in rows:
                    told[row.number] = _outcome_told(courier_file, row, place)
    kept = courier_file.kept_rows.filter(row__in=told) if len(told) < _FEW else courier_file.kept_rows.all()
    return told | {row: RowOutcome[name] for row, name in kept.values_list("row", "outcome") if row in told}


def _outcome_told(courier_file: CourierFile, row: SheetRow, place: int) -> RowOutcome:
    """Read the word of an outcome, in whatever language and however long ago it was written."""
    word = str(row.cells[place] or "").strip() if place < len(row.cells) else ""
    outcome = WORDS_TOLD.get(word)
    if outcome is None:
        raise DeliveryRefused(Code.RESULT_UNREADABLE, name=courier_file.name, row=row.number)
    return outcome


def _rewrite(courier_file: CourierFile) -> bool:
    """Write one workbook; the rows that waited for this are then in no queue any more."""
    changed = courier_file.kept_rows.filter(outcome__in=[*_SETTLED, RowOutcome.CONTRADICTION.name])
    outcomes = {row: RowOutcome[name] for row, name in changed.values_list("row", "outcome")}
    if not courier_file.result or not outcomes:
        return False
    storage, old = courier_file.result.storage, courier_file.result.name
    with tempfile.TemporaryFile() as output:
        with open_sheet(courier_file.result.path) as sheet:
            layout, rows = find_layout(sheet.rows())
            write_xlsx(
                output, sheet="Status", columns=result_columns(layout), rows=_told(layout, rows, outcomes),
                title_rows=[""] * (layout.header_row - 1),
            )  # fmt: skip
        output.seek(0)
        new = storage.save(old, File(output))
    with transaction.atomic():
        swapped = CourierFile.objects.filter(pk=courier_file.pk, result=old).update(result=new)
        if swapped:
            CourierRow.objects.filter(
                courier_file=courier_file, outcome__in=_SETTLED, row__in=list(outcomes)
            ).delete()
    # somebody else has written another workbook meanwhile: theirs stays
    storage.delete(old if swapped else new)
    return bool(swapped)


def _told(
    layout: Layout, rows: Iterable[SheetRow], outcomes: Mapping[int, RowOutcome]
) -> Iterator[Sequence[Cell]]:
    """Give every row in its place, with the words of its new outcome where it has one."""
    width = len(layout.indices)
    line = layout.header_row + 1
    for row in rows:
        while line < row.number:
            yield ()
            line += 1
        cells = row.cells[: width + 2] + (None,) * (width + 2 - len(row.cells))
        outcome = outcomes.get(row.number)
        said = tuple(map(_bare, cells[:width]))
        ending = (
            cells[width:] if outcome is None else (gettext(NAMES[outcome]), gettext(EXPLANATIONS[outcome]))
        )
        yield (*said, *ending)
        line += 1


def _bare(cell: Cell) -> Cell:
    """Take off the apostrophe that writing the cell will put before it again."""
    is_quoted = isinstance(cell, str) and len(cell) > 1 and cell[0] == "'" and cell[1] in FORMULA_STARTS
    return cell[1:] if isinstance(cell, str) and is_quoted else cell
