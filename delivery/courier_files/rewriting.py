"""Write a result workbook anew after rows of it have ended differently: a text was explained later."""

import tempfile
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext

from delivery.courier_files.layouts import find_layout
from delivery.courier_files.progress import OnProgress
from delivery.courier_files.results import (
    EXPLANATIONS,
    NAMES,
    UNDONE_EXPLANATION,
    UNDONE_NAME,
    WORDS_TOLD,
    in_pieces,
    result_columns,
)
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
_RECORDED = (RowOutcome.APPLIED, RowOutcome.SUPERSEDED, RowOutcome.CONTRADICTION)
_FEW = 500
Ending = tuple[Cell, Cell]  # a row's outcome in words, and its explanation


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


def rewrite_as_undone(courier_file: CourierFile, *, on_piece: Callable[[], None]) -> bool:
    """Say in the workbook of a file that is undone that what it had recorded counts no more. Safe to repeat.

    `on_piece` is called each time that some thousand rows are written; what it raises ends the work.
    """
    if courier_file.state != CourierFile.State.APPLIED or not courier_file.has_own_result:
        return False
    since = _ended_since(courier_file)
    undone = (gettext(UNDONE_NAME), gettext(UNDONE_EXPLANATION))

    def ending(row: int, told: Ending) -> Ending:
        outcome = since.get(row) or WORDS_TOLD.get(str(told[0] or "").strip())
        return undone if outcome in _RECORDED else told

    return _write_anew(courier_file, ending, on_piece=on_piece)


def _rewrite(courier_file: CourierFile) -> bool:
    """Write one workbook; the rows that waited for this are then in no queue any more."""
    outcomes = _ended_since(courier_file)
    if not courier_file.result or not outcomes:
        return False

    def ending(row: int, told: Ending) -> Ending:
        outcome = outcomes.get(row)
        return told if outcome is None else (gettext(NAMES[outcome]), gettext(EXPLANATIONS[outcome]))

    def told() -> None:
        CourierRow.objects.filter(
            courier_file=courier_file, outcome__in=_SETTLED, row__in=list(outcomes)
        ).delete()

    return _write_anew(courier_file, ending, then=told)


def _ended_since(courier_file: CourierFile) -> dict[int, RowOutcome]:
    """Give the rows that ended differently since the workbook was written."""
    changed = courier_file.kept_rows.filter(outcome__in=[*_SETTLED, RowOutcome.CONTRADICTION.name])
    return {row: RowOutcome[name] for row, name in changed.values_list("row", "outcome")}


def _write_anew(
    courier_file: CourierFile,
    ending: Callable[[int, Ending], Ending],
    *,
    then: Callable[[], None] = lambda: None,
    on_piece: Callable[[], None] = lambda: None,
) -> bool:
    """Write the workbook with other endings, and do the rest with its swap; say whether nobody else was faster."""
    storage, old = courier_file.result.storage, courier_file.result.name
    with tempfile.TemporaryFile() as output:
        with open_sheet(courier_file.result.path) as sheet:
            layout, rows = find_layout(sheet.rows())
            write_xlsx(
                output, sheet="Status", columns=result_columns(layout),
                rows=in_pieces(_told(layout, rows, ending), on_piece), title_rows=[""] * (layout.header_row - 1),
            )  # fmt: skip
        output.seek(0)
        new = storage.save(old, File(output))
    with transaction.atomic():
        swapped = CourierFile.objects.filter(pk=courier_file.pk, result=old).update(result=new)
        if swapped:
            then()
    # somebody else has written another workbook meanwhile: theirs stays
    storage.delete(old if swapped else new)
    return bool(swapped)


def _told(
    layout: Layout, rows: Iterable[SheetRow], ending: Callable[[int, Ending], Ending]
) -> Iterator[Sequence[Cell]]:
    """Give every row in its place, with the words of its ending."""
    width = len(layout.indices)
    line = layout.header_row + 1
    for row in rows:
        while line < row.number:
            yield ()
            line += 1
        cells = row.cells[: width + 2] + (None,) * (width + 2 - len(row.cells))
        yield (*map(_bare, cells[:width]), *ending(row.number, (cells[width], cells[width + 1])))
        line += 1


def _bare(cell: Cell) -> Cell:
    """Take off the apostrophe that writing the cell will put before it again."""
    is_quoted = isinstance(cell, str) and len(cell) > 1 and cell[0] == "'" and cell[1] in FORMULA_STARTS
    return cell[1:] if isinstance(cell, str) and is_quoted else cell
