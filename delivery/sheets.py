"""Lists that leave as spreadsheets: the shelf, its age, transfers, returns, and the registry's own list."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.models import CounterStay, ReturnReceipt, Transfer
from delivery.overdue import ShelfAge
from privacy.models import AccessRecord
from privacy.services import record_access, record_export
from spreadsheets.cells import Cell
from spreadsheets.writing import Column

CHUNK = 2_000
# From a kind of word ("reason", "decision", …) and a code to what the reader calls it.
Words = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as a sheet: the name of its file, its columns and its rows, which are read as they are written."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def shelf_sheet(stays: QuerySet[CounterStay], *, words: Words, actor_id: int | None, at: datetime) -> Sheet:
    """Give cards on shelves, with their holders' names; that they left is recorded."""
    _left("shelf", stays.count(), actor_id, at)
    columns = [
        Column(_("Reference"), 14), Column(_("Name"), 32), Column(_("Counter"), 28), Column(_("Shelf"), 10),
        Column(_("Arrived"), 18, "date"), Column(_("Kept until"), 14, "date"), Column(_("What follows"), 28),
        Column(_("Village code"), 16),
    ]  # fmt: skip
    return Sheet(f"rak-{at:%Y%m%d}", columns, _shelf_rows(stays, words))


def _shelf_rows(stays: QuerySet[CounterStay], words: Words) -> Iterator[list[Cell]]:
    fields = (
        "card__reference", "card__name", "counter__name", "shelf", "arrived_at", "hold_until", "follows",
        "card__address__village_code",
    )  # fmt: skip
    for row in stays.values_list(*fields).iterator(chunk_size=CHUNK):
        reference, name, counter, shelf, arrived, until, follows, village = row
        shown = words("after_hold", follows) if follows else ""
        yield [reference, name, counter, shelf, _local(arrived), until, shown, village]


def ages_sheet(ages: Sequence[ShelfAge], *, at: datetime) -> Sheet:
    """Give how long the cards of each shelf have stood there: figures only."""
    columns = [
        Column(_("Counter"), 28), Column(_("Shelf"), 10), Column(_("Cards"), 10, "number"),
        Column(_("up to 7 days"), 14, "number"), Column(_("8 to 14 days"), 14, "number"),
        Column(_("15 to 30 days"), 14, "number"), Column(_("more than 30 days"), 16, "number"),
        Column(_("Kept too long"), 14, "number"), Column(_("Oldest"), 18, "date"),
    ]  # fmt: skip
    rows = [[age.counter, age.shelf, age.cards, *age.ages, age.overdue, _local(age.oldest)] for age in ages]
    return Sheet(f"umur-rak-{at:%Y%m%d}", columns, rows)


def transfers_sheet(transfers: QuerySet[Transfer], *, at: datetime) -> Sheet:
    """Give transfers with both sides' counts: figures only."""
    columns = [
        Column(_("Number"), 28), Column(_("From"), 28), Column(_("To"), 28), Column(_("Sent"), 10, "number"),
        Column(_("Sent on"), 18, "date"), Column(_("Arrived"), 10, "number"), Column(_("Received on"), 18, "date"),
    ]  # fmt: skip
    fields = (
        "number", "from_office__name", "to_office__name", "sent", "sent_at", "received", "received_at",
    )  # fmt: skip
    rows = (
        [number, giver, taker, sent, _local(sent_at), received, _local(received_at)]
        for number, giver, taker, sent, sent_at, received, received_at in transfers.values_list(
            *fields
        ).iterator(chunk_size=CHUNK)
    )
    return Sheet(f"pemindahan-{at:%Y%m%d}", columns, rows)


def returns_sheet(
    returns: QuerySet[ReturnReceipt], *, words: Words, actor_id: int | None, at: datetime
) -> Sheet:
    """Give returns and what was decided about them, with names; that they left is recorded."""
    _left("returns", returns.count(), actor_id, at)
    columns = [
        Column(_("Reference"), 14), Column(_("Item number"), 18), Column(_("Name"), 32), Column(_("Reason"), 24),
        Column(_("Condition"), 12), Column(_("Decision"), 24), Column(_("Counter"), 28), Column(_("Taken in at"), 28),
        Column(_("Taken in"), 18, "date"), Column(_("Decided"), 18, "date"),
    ]  # fmt: skip
    return Sheet(f"retur-{at:%Y%m%d}", columns, _return_rows(returns, words))


def _return_rows(returns: QuerySet[ReturnReceipt], words: Words) -> Iterator[list[Cell]]:
    fields = (
        "card__reference", "item__number", "card__name", "reason", "condition", "decision", "counter__name",
        "office__name", "received_at", "decided_at",
    )  # fmt: skip
    for row in returns.values_list(*fields).iterator(chunk_size=CHUNK):
        reference, number, name, reason, condition, decision, counter, office, received, decided = row
        yield [
            reference, number or "", name, words("reason", reason) if reason else "", words("condition", condition),
            words("return_decision", decision), counter or "", office, _local(received), _local(decided),
        ]  # fmt: skip


def registry_sheet(
    returns: QuerySet[ReturnReceipt], *, words: Words, actor_id: int | None, at: datetime
) -> Sheet:
    """Give the registry's own list with NIK, for its own system; each person whose NIK leaves is recorded."""
    keys = list(returns.values_list("card__reference", flat=True))
    record_access(
        actor_id=actor_id,
        action=AccessRecord.Action.EXPORT,
        subject_kind="card",
        subject_keys=keys,
        at=at,
    )
    columns = [
        Column(_("Reference"), 14), Column(_("NIK"), 20), Column(_("Name"), 32), Column(_("Reason"), 24),
        Column(_("Taken in"), 18, "date"), Column(_("Signed off"), 18, "date"), Column(_("Signed off by"), 20),
    ]  # fmt: skip
    return Sheet(f"daftar-dinas-{at:%Y%m%d}", columns, _registry_rows(returns, words))


def _registry_rows(returns: QuerySet[ReturnReceipt], words: Words) -> Iterator[list[Cell]]:
    fields = (
        "card__reference", "card__nik", "card__name", "reason", "received_at", "signed_off_at",
        "signed_off_by__username",
    )  # fmt: skip
    for row in returns.values_list(*fields).iterator(chunk_size=CHUNK):
        reference, nik, name, reason, received, signed, officer = row
        shown = words("reason", reason) if reason else ""
        yield [reference, nik, name, shown, _local(received), _local(signed), officer or ""]


def _left(name: str, records: int, actor_id: int | None, at: datetime) -> None:
    record_export(actor_id=actor_id, subject_kind="card", subject_key=name, records=records, at=at)


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else timezone.localtime(moment).replace(tzinfo=None)
