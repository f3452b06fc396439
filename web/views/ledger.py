"""The ledger: every printed card in one bucket, and the sum that must hold."""

from collections.abc import Iterable, Sequence

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Operation, may
from delivery.ledger import Reconciliation, reconcile
from spreadsheets.cells import Cell
from spreadsheets.writing import Column
from web import words
from web.access import StaffRequest, registry_of, requires
from web.lists import csv_answer, xlsx_answer


@requires(Operation.SEE_LEDGER)
def ledger(request: StaffRequest) -> HttpResponse:
    """Show the buckets, whether they add up, and the cards that fall between them."""
    reconciliation = reconcile(office_id=registry_of(request.user))
    context = {
        "reconciliation": reconciliation,
        "total": sum(reconciliation.buckets.values()),
        "now": timezone.now(),
        "may_list": may(request.user, Operation.SEE_CARDS),
    }
    return render(request, "web/ledger/ledger.html", context)


@requires(Operation.SEE_LEDGER)
def ledger_sum(request: StaffRequest) -> HttpResponse:
    """Say whether the sum holds, for the home page."""
    reconciliation = reconcile(office_id=registry_of(request.user))
    return render(request, "web/ledger/sum.html", {"reconciliation": reconciliation})


@requires(Operation.SEE_LEDGER)
def ledger_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the ledger as CSV or XLSX."""
    answers = {"csv": csv_answer, "xlsx": xlsx_answer}
    if kind not in answers:
        raise Http404
    reconciliation = reconcile(office_id=registry_of(request.user))
    columns = [Column(_("Bucket"), 40), Column(_("Cards"), 14, "number")]
    day = timezone.localdate()
    return answers[kind](name=f"buku-besar-{day:%Y%m%d}", columns=columns, rows=_rows(reconciliation))


def _rows(reconciliation: Reconciliation) -> Iterable[Sequence[Cell]]:
    for bucket, number in reconciliation.buckets.items():
        yield [str(words.word_of("bucket", bucket).label), number]
    yield [_("Sum of the buckets"), sum(reconciliation.buckets.values())]
    yield [_("Cards printed"), reconciliation.printed]
    yield [_("Cards in no bucket or in more than one"), reconciliation.gap_count]
