"""Let several workers take portions of one status file; each is recorded once, whoever takes it and whoever dies.

The worker that has read the file lays its portions out as rows, asks for a helper with each of the first, and takes
portions like them. A portion is taken by compare-and-set with a lease; that it is done is written in the transaction
that records it, so that a worker whose lease has run out, or whose file was laid out anew, writes nothing.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from delivery.courier_files.applying import Applied, Portion, apply_portion
from delivery.models import CourierFile, FilePortion
from delivery.status import Action, Reason, Receiver, Status
from delivery.tracking import NewEvent, Outcome
from jobs import services as jobs

SHARE_JOB: Final = "courier.share"
LEASE: Final = timedelta(seconds=60)
WORTH_SHARING: Final = 4  # portions
_PAUSE_SECONDS: Final = 0.05
_LETTERS: Final = {
    Outcome.APPLIED: "A",
    Outcome.DUPLICATE: "D",
    Outcome.SUPERSEDED: "S",
    Outcome.CONTRADICTION: "C",
}
_OUTCOMES: Final = {letter: outcome for outcome, letter in _LETTERS.items()}


class _PortionLost(Exception):
    """Another worker has taken the portion up, or the file was laid out anew."""


def is_shared(portions: int) -> bool:
    """Say whether so many portions are laid out for other workers too."""
    return settings.COURIER_FILE_HELPERS > 0 and portions >= WORTH_SHARING


def apply_shared(
    *,
    courier_file: CourierFile,
    portions: Iterable[Portion],
    at: datetime,
    on_progress: Callable[[int], None],
) -> list[Applied]:
    """Apply portions together with whoever helps; give how each ended, in their order.

    `on_progress` hears how many rows are done; what it raises ends the work, and helpers find nothing more to take.
    Raises LeaseLost when another worker has laid the file out anew: its portions are left to it.
    """
    laid_out = _lay_out(courier_file, portions, at, on_progress)
    mine = FilePortion.objects.filter(pk__in=laid_out)
    try:
        while mine.filter(outcomes="").exists():
            if not take_portion(courier_file_id=courier_file.pk, at=at):
                time.sleep(_PAUSE_SECONDS)
            on_progress(mine.exclude(outcomes="").aggregate(rows=Sum("rows"))["rows"] or 0)
        done = list(mine.order_by("number").defer("content"))
        if len(done) < len(laid_out):
            raise jobs.LeaseLost
        return [_applied(portion) for portion in done]
    finally:
        mine.delete()


def help_with(*, courier_file_id: uuid.UUID, at: datetime, on_progress: Callable[[int], None]) -> int:
    """Take portions of a file as long as there are any; give how many."""
    taken = 0
    while take_portion(courier_file_id=courier_file_id, at=at):
        taken += 1
        on_progress(taken)
    return taken


def take_portion(*, courier_file_id: uuid.UUID, at: datetime) -> bool:
    """Take one portion and record it; say whether there was one to take."""
    token = uuid.uuid4()
    portion = _claim(courier_file_id, token)
    if portion is None:
        return False
    try:
        apply_portion(
            _unpacked(portion), at=at, recorded_by_id=portion.courier_file.uploaded_by_id,
            settle=partial(_settle, portion.pk, token),
        )  # fmt: skip
    except _PortionLost:
        return True
    return True


def _lay_out(
    courier_file: CourierFile, portions: Iterable[Portion], at: datetime, on_progress: Callable[[int], None]
) -> list[int]:
    """Write the portions down, one after the other, and give their keys; whoever was asked to help begins meanwhile."""
    laid_out: list[int] = []
    try:
        for number, portion in enumerate(portions):
            content = _packed(portion)
            with transaction.atomic():
                # holds the job: a worker that was overtaken must not touch its successor's portions
                on_progress(0)
                if not laid_out:
                    # what an earlier try has laid out: its outcomes would be those of half-done work
                    FilePortion.objects.filter(courier_file=courier_file).delete()
                row = FilePortion.objects.create(
                    courier_file=courier_file, number=number, rows=len(portion.events), content=content
                )
                # the first is for this worker
                if 0 < number <= settings.COURIER_FILE_HELPERS:
                    _ask_for_a_helper(courier_file, at)
            laid_out.append(row.pk)
    except BaseException:
        FilePortion.objects.filter(pk__in=laid_out).delete()
        raise
    return laid_out


def _ask_for_a_helper(courier_file: CourierFile, at: datetime) -> None:
    jobs.enqueue(
        kind=SHARE_JOB, input={"courier_file": str(courier_file.pk), "at": at.isoformat()},
        owner_id=courier_file.uploaded_by_id, office_id=courier_file.office_id,
    )  # fmt: skip


def _claim(courier_file_id: uuid.UUID, token: uuid.UUID) -> FilePortion | None:
    while True:
        now = timezone.now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        waiting = FilePortion.objects.filter(free, courier_file_id=courier_file_id, outcomes="")
        first = waiting.order_by("number").values_list("pk", flat=True).first()
        if first is None:
            return None
        if waiting.filter(pk=first).update(lease_token=token, lease_until=now + LEASE):
            return FilePortion.objects.select_related("courier_file").filter(pk=first).first()


def _settle(portion_id: int, token: uuid.UUID, applied: Applied) -> None:
    held = FilePortion.objects.filter(pk=portion_id, lease_token=token, outcomes="")
    letters = "".join([_LETTERS[outcome] for outcome in applied.outcomes])
    if not held.update(outcomes=letters, arrived=dict(applied.arrived)):
        raise _PortionLost


def _applied(portion: FilePortion) -> Applied:
    return Applied(
        [_OUTCOMES[letter] for letter in portion.outcomes],
        {Status(status): count for status, count in portion.arrived.items()},
    )


def _packed(portion: Portion) -> str:
    """Write a portion down: what its rows say, each different saying once, and for each row who, which and where."""
    told: dict[tuple[str, ...], int] = {}
    times: dict[datetime, int] = {}
    rows: list[int | None] = []
    for event in portion.events:
        said = event.status, event.reason, event.action, event.receiver, event.place
        moment = times.setdefault(event.occurred_at, len(times))
        rows += (event.card_id, event.item_id, told.setdefault(said, len(told)), moment, event.source_row)
    content = {
        "told": list(told), "times": [moment.isoformat() for moment in times], "rows": rows, "given": portion.given,
    }  # fmt: skip
    return json.dumps(content, separators=(",", ":"))


def _unpacked(portion: FilePortion) -> Portion:
    content = json.loads(portion.content)
    file_id = portion.courier_file_id
    told = [
        (Status(status), Reason(reason), Action(action), Receiver(receiver), place)
        for status, reason, action, receiver, place in content["told"]
    ]
    times = list(map(datetime.fromisoformat, content["times"]))
    numbers = iter(content["rows"])
    events = []
    for card_id, item_id, said, moment, row in zip(numbers, numbers, numbers, numbers, numbers, strict=True):
        status, reason, action, receiver, place = told[said]
        events.append(
            NewEvent(
                card_id, item_id, status, times[moment], reason, action, receiver, place, "FILE", file_id, row
            )
        )
    return Portion(events, {int(item): number for item, number in content["given"].items()})
