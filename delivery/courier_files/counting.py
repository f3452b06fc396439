"""Rows of an applied file that end differently later: keep how they ended, and let the file's outcomes add up."""

from collections import Counter
from collections.abc import Iterable, Mapping

from delivery.courier_files.rows import RowOutcome, StatusRow
from delivery.models import CourierFile, CourierRow
from privacy.masking import mask_scan

STORED = (RowOutcome.APPLIED, RowOutcome.DUPLICATE, RowOutcome.SUPERSEDED, RowOutcome.CONTRADICTION)


def keep_ended(
    courier_file: CourierFile, rows: Iterable[StatusRow], outcomes: Mapping[int, RowOutcome]
) -> None:
    """Keep how rows ended: to look at, or until the result workbook tells it."""
    kept = [
        CourierRow(
            courier_file=courier_file, row=row.row, outcome=outcomes[row.row].name, number=mask_scan(row.number),
            status_text=row.status_text, remark_text=row.remark_text, occurred_text=row.occurred_text, place=row.place,
            detail={"card": row.card_id, "item": row.item_id, "at": row.occurred_at and row.occurred_at.isoformat()},
        )
        for row in rows
    ]  # fmt: skip
    CourierRow.objects.bulk_create(
        kept, batch_size=1_000, update_conflicts=True, unique_fields=["courier_file", "row"],
        update_fields=["outcome", "detail"],
    )  # fmt: skip


def recount(locked: CourierFile, *, ended: Mapping[str, int], before: Mapping[str, int]) -> None:
    """Move rows of a file, whose lock is held, from how they had ended to how they end now; so do its repetitions."""
    counts = Counter(locked.outcomes)
    counts.update(ended)
    counts.subtract(before)
    locked.outcomes = {outcome.value: counts[outcome] for outcome in RowOutcome}
    locked.save(update_fields=["outcomes"])
    CourierFile.objects.filter(repeats=locked, state=CourierFile.State.APPLIED).update(
        outcomes=outcomes_of_repeat(locked)
    )


def outcomes_of_repeat(twin: CourierFile) -> dict[str, int]:
    """Give how the rows of a file end whose twin was applied: what was stored is known, the rest is as it was."""
    outcomes = {outcome.value: twin.outcomes.get(outcome.value, 0) for outcome in RowOutcome}
    known = sum(outcomes[outcome] for outcome in STORED)
    return outcomes | {outcome.value: 0 for outcome in STORED} | {RowOutcome.DUPLICATE.value: known}
