"""Take in printed cards, from a sheet or from another system, and let finished ones out of circulation."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext

from accounts.services import record
from jobs.bulk_rows import delete_rows
from jobs.services import enqueue
from offices.models import Office
from shipments.intake import (
    GUIDE_SHEET,
    MESSAGES,
    CardRows,
    PrintedCardRow,
    RowError,
    find_card_header,
    looks_like_nik,
    write_rejected_rows,
)
from shipments.models import CirculatingCard, IntakeFile
from shipments.refusals import Code, ShipmentRefused
from shipments.registering import (
    CardOutcome,
    Outcome,
    Registration,
    chunks,
    fingerprints,
    foresee,
    register,
    registration_of,
    tell_planner,
)
from spreadsheets.choosing import open_chosen
from spreadsheets.faults import SheetError, SheetFault

IMPORT_JOB: Final = "cards.import"
OnProgress = Callable[[int, int], None]
MOST_FAULTS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was refused: the sheet's own row number, the code of the fault, and the field."""

    row_number: int
    code: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """How a sheet ended: `outcomes` add up to `rows`; `verdicts` are those of the new cards' addresses."""

    rows: int
    outcomes: Mapping[str, int]
    intake_file_id: UUID | None
    rejected: int
    faults: tuple[RejectedRow, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sheet:
    rows: list[PrintedCardRow]
    errors: list[RowError]
    cards: CardRows


def create_cards(
    *,
    rows: Sequence[PrintedCardRow],
    office_id: int,
    actor_id: int | None,
    at: datetime,
    intake_file_id: UUID | None = None,
) -> list[CardOutcome]:
    """Register printed cards that another system sends; one outcome per row, in order. All or none are written."""
    office = registry_office(office_id)
    prints = fingerprints(rows, office_id=office_id)
    with transaction.atomic():
        registration = registration_of(
            prints, office=office, at=at, actor_id=actor_id, intake_file_id=intake_file_id
        )
        outcomes = [outcome for chunk in chunks(prints) for outcome in register(registration, chunk)]
        record(
            actor_id=actor_id, office_id=office_id, operation="CREATE_CARDS", object_kind="cards",
            object_key=str(len(rows)), at=at, **_counted(outcomes),
        )  # fmt: skip
    return outcomes


def upload_cards(
    *, file: IO[bytes], name: str, office_id: int, actor_id: int | None, at: datetime
) -> IntakeFile:
    """Keep an uploaded sheet and let a worker import it; its outcomes stand in the row that is returned."""
    registry_office(office_id)
    upload = File(file)
    digest = hashlib.sha256()
    for piece in upload.chunks():
        digest.update(piece)
    upload.seek(0)
    with transaction.atomic():
        intake = IntakeFile(
            office_id=office_id, name=Path(name).name[:200], sha256=digest.hexdigest(), uploaded_by_id=actor_id,
            uploaded_at=at,
        )  # fmt: skip
        # The name on disk tells nothing and cannot lead anywhere.
        intake.file.save(f"{intake.pk}{Path(name).suffix.lower()[:6]}", upload, save=False)
        intake.save(force_insert=True)
        intake.job = enqueue(
            kind=IMPORT_JOB, input={"intake_file": str(intake.pk)}, owner_id=actor_id, office_id=office_id
        )
        intake.save(update_fields=["job"])
        record(
            actor_id=actor_id, office_id=office_id, operation="UPLOAD_CARDS", object_kind="intake_file",
            object_key=str(intake.pk), at=at,
        )  # fmt: skip
    return intake


def import_cards(
    *,
    path: str | Path,
    name: str,
    office_id: int,
    actor_id: int | None,
    at: datetime,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
    intake_file_id: UUID | None = None,
) -> ImportReport:
    """Read a sheet of printed cards and register them.

    The whole sheet is read before the first card is written: SheetError means that nothing has happened. Bad
    rows are left out and come back as a workbook. Repeating it, also after an interruption, changes nothing more.
    """
    office = registry_office(office_id)
    try:
        sheet = _read(path, office=office, at=at)
    except SheetError as error:
        _mark_refused(intake_file_id, error, at)
        raise
    prints = fingerprints(sheet.rows, office_id=office_id)
    total = len(prints) + len(sheet.errors)
    intake = None if dry_run else _intake_file(intake_file_id, path, name, office_id, actor_id, at)
    registration = registration_of(
        prints, office=office, at=at, actor_id=actor_id, intake_file_id=intake.pk if intake else None
    )
    warnings = Counter(warning.value for row in sheet.rows for warning in row.warnings)
    sheet.rows.clear()
    outcomes: Counter[str] = Counter({outcome.value: 0 for outcome in Outcome})
    verdicts: Counter[str] = Counter()
    outcomes[Outcome.REJECTED] += len(sheet.errors)
    step = foresee if dry_run else register
    for chunk in chunks(prints):
        for each in step(registration, chunk):
            outcomes[each.outcome] += 1
            if each.verdict:
                verdicts[each.verdict] += 1
        if on_progress is not None:
            on_progress(outcomes.total(), total)
    report = ImportReport(
        rows=total,
        outcomes=dict(outcomes),
        intake_file_id=intake.pk if intake else None,
        rejected=len(sheet.errors),
        faults=tuple(
            RejectedRow(e.row_number, e.code.value, e.field) for e in sheet.errors[:MOST_FAULTS_SHOWN]
        ),
        verdicts=dict(verdicts),
        warnings=dict(warnings),
    )
    if intake is not None:
        _finish(intake, report, sheet, registration)
    return report


def release_cards(*, card_ids: Sequence[int]) -> int:
    """Let cards out of circulation that have reached their holders: a later print of the person is a new card."""
    return delete_rows(model=CirculatingCard, field="card_id", values=card_ids)


def registry_office(office_id: int) -> Office:
    """The registry office of that key, or a refusal."""
    office = Office.objects.filter(pk=office_id).first()
    if office is None:
        raise ShipmentRefused(Code.OFFICE_UNKNOWN, office=office_id)
    if office.kind != Office.Kind.REGISTRY:
        raise ShipmentRefused(Code.NOT_A_REGISTRY, office=office.code)
    return office


def _read(path: str | Path, *, office: Office, at: datetime) -> _Sheet:
    zone = ZoneInfo(office.time_zone)
    rows: list[PrintedCardRow] = []
    errors: list[RowError] = []
    with open_chosen(path, find_card_header, is_ours=looks_like_nik, guides={GUIDE_SHEET}) as chosen:
        cards = CardRows(chosen.rows, chosen.found, today=at.astimezone(zone).date(), zone=zone)
        for row in cards:
            if isinstance(row, RowError):
                errors.append(row)
            else:
                rows.append(row)
    if not rows and not errors:
        raise SheetError(SheetFault.EMPTY)
    return _Sheet(rows, errors, cards)


def _intake_file(
    intake_file_id: UUID | None,
    path: str | Path,
    name: str,
    office_id: int,
    actor_id: int | None,
    at: datetime,
) -> IntakeFile:
    if intake_file_id is not None:
        return IntakeFile.objects.get(pk=intake_file_id)
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return IntakeFile.objects.create(
        office_id=office_id,
        name=Path(name).name[:200],
        sha256=digest,
        uploaded_by_id=actor_id,
        uploaded_at=at,
    )


def _mark_refused(intake_file_id: UUID | None, error: SheetError, at: datetime) -> None:
    if intake_file_id is not None:
        params = {
            key: list(value) if isinstance(value, tuple) else value for key, value in error.params.items()
        }
        IntakeFile.objects.filter(pk=intake_file_id).update(
            state=IntakeFile.State.REFUSED, fault={"code": error.code.value, "params": params}, ended_at=at
        )
        forget_upload(intake_file_id)


def forget_upload(intake_file_id: UUID) -> None:
    """Drop a sheet that was read: its numbers of people stand sealed with the cards, or in the rejected rows."""
    intake = IntakeFile.objects.get(pk=intake_file_id)
    if intake.file:
        intake.file.delete(save=False)
        IntakeFile.objects.filter(pk=intake.pk).update(file="")


def _finish(intake: IntakeFile, report: ImportReport, sheet: _Sheet, registration: Registration) -> None:
    tell_planner(report.outcomes[Outcome.REGISTERED])
    if sheet.errors and not intake.rejected:
        with tempfile.TemporaryFile() as output:
            write_rejected_rows(output, sheet.errors, sheet.cards.header, reason=_reason)
            output.seek(0)
            intake.rejected.save(f"{intake.pk}-ditolak.xlsx", File(output), save=False)
    intake.state = IntakeFile.State.DONE
    intake.rows, intake.outcomes, intake.ended_at = report.rows, dict(report.outcomes), registration.at
    with transaction.atomic():
        intake.save(update_fields=["rejected", "state", "rows", "outcomes", "ended_at"])
        record(
            actor_id=registration.actor_id, office_id=registration.office.pk, operation="IMPORT_CARDS",
            object_kind="intake_file", object_key=str(intake.pk), at=registration.at, rows=report.rows,
            **report.outcomes,
        )  # fmt: skip
    forget_upload(intake.pk)


def _reason(error: RowError) -> str:
    return gettext(MESSAGES[error.code]) % error.params


def _counted(outcomes: Sequence[CardOutcome]) -> dict[str, int]:
    return dict(Counter(outcome.outcome.value for outcome in outcomes))
