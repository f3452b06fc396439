"""Print check: scan printed cards and say what was found."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from privacy.masking import mask_digits
from shipments.models import PrintCheck
from shipments.numbers import NumberKind, normalise
from shipments.print_check import PrintChecked, PrintFinding, check_prints, undo_last_print_check
from shipments.refusals import ShipmentRefused
from web import words
from web.access import StaffRequest, office_of, requires
from web.messages import refusal_text, tell_refusal
from web.scans import ScanAnswer, bad, good, warning

RECENT = 10


@requires(Operation.CHECK_PRINT)
def print_check(request: StaffRequest) -> HttpResponse:
    """Take one scan and answer it at once."""
    answer = None
    finding = request.POST.get("finding", PrintCheck.Finding.GOOD)
    reason = request.POST.get("reason", "")
    scanned = request.POST.get("scanned", "").strip()
    if request.method == "POST" and scanned:
        (checked,) = check_prints(
            office_id=office_of(request.user).pk,
            findings=[
                PrintFinding(
                    scanned=scanned,
                    finding=finding,
                    reason="" if finding == PrintCheck.Finding.GOOD else reason,
                )
            ],
            actor_id=request.user.pk,
            at=timezone.now(),
        )
        answer = _answer(checked)
    context: dict[str, Any] = {"answer": answer, "recent": _recent(request)}
    if request.htmx:
        return render(request, "web/print_check/result.html", context)
    context |= {
        "findings": [(value, words.word_of("finding", value).label) for value in PrintCheck.Finding.values],
        "finding": finding,
        "reason": reason,
        "reasons": [_("blurred print"), _("photo cut off"), _("wrong data"), _("chip not readable")],
    }
    return render(request, "web/print_check/page.html", context)


@requires(Operation.CHECK_PRINT)
@require_POST
def undo(request: StaffRequest) -> HttpResponse:
    """Undo the user's last scan."""
    try:
        undone = undo_last_print_check(
            office_id=office_of(request.user).pk, actor_id=request.user.pk, at=timezone.now()
        )
    except ShipmentRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The scan of %(card)s was undone.") % {"card": undone.reference})
    return redirect("web:print-check")


def _recent(request: StaffRequest) -> QuerySet[PrintCheck]:
    checks = PrintCheck.objects.filter(
        card__office_id=office_of(request.user).pk, checked_by_id=request.user.pk
    )
    sealed = ("card__nik", "card__kk", "card__phone")
    return checks.select_related("card").defer(*sealed).order_by("-checked_at", "-pk")[:RECENT]


def _answer(checked: PrintChecked) -> ScanAnswer:
    shown = checked.reference or _harmless(checked.scanned)
    if checked.refusal is not None:
        params = {**checked.params, "scanned": shown}
        return bad(
            word=_("Stop"), scanned=shown, detail=refusal_text(ShipmentRefused(checked.refusal, **params))
        )
    word = words.word_of("finding", checked.finding)
    if checked.repeated:
        return warning(
            word=word.label, scanned=shown, detail=_("This was scanned before; nothing has changed.")
        )
    if checked.finding == PrintCheck.Finding.GOOD:
        return good(word=word.label, scanned=shown)
    return warning(word=word.label, scanned=shown, detail=_("Put the card aside."))


def _harmless(scanned: str) -> str:
    found = normalise(scanned)
    return mask_digits(found.value) if found.kind is NumberKind.NIK else scanned
