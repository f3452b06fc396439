"""Record by hand what the post says of scanned items."""

import re
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.by_hand import HandOutcome, Told, record_by_hand, undo_last_by_hand
from delivery.models import HandEvent
from web import words
from web.access import StaffRequest, office_of, requires
from web.courier_forms import HandEventForm
from web.messages import REFUSALS, refusal_text, tell_refusal
from web.scans import ScanAnswer, bad, good, warning

RECENT = 10
_BETWEEN = re.compile(r"[\n,;]+")
_GOOD = frozenset({HandOutcome.APPLIED})
_NOTICED = frozenset({HandOutcome.DUPLICATE, HandOutcome.SUPERSEDED, HandOutcome.CONTRADICTION})


@requires(Operation.RECORD_EVENTS)
def page(request: StaffRequest) -> HttpResponse:
    """Take one scan, or several between commas, and answer at once."""
    form = HandEventForm(request.POST or None)
    scans = [scan.strip() for scan in _BETWEEN.split(request.POST.get("scanned", "")) if scan.strip()]
    answer = None
    if request.method == "POST" and scans:
        answer = _recorded(request, form, scans)
    context: dict[str, Any] = {"answer": answer, "recent": _recent(request)}
    if request.htmx:
        return render(request, "web/by_hand/result.html", context)
    return render(request, "web/by_hand/page.html", context | {"form": form})


@requires(Operation.RECORD_EVENTS)
@require_POST
def undo(request: StaffRequest) -> HttpResponse:
    """Undo what the user recorded last."""
    try:
        references = undo_last_by_hand(
            office_id=office_of(request.user).pk, actor_id=request.user.pk, at=timezone.now()
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        count = {"count": number_format(len(references))}
        messages.success(request, _("Undone: %(count)s events.") % count)
    return redirect("web:by-hand")


def _recorded(request: StaffRequest, form: HandEventForm, scans: list[str]) -> ScanAnswer:
    shown = scans[0] if len(scans) == 1 else _("%(count)s items") % {"count": number_format(len(scans))}
    if not form.is_valid():
        faults = "; ".join(str(error) for errors in form.errors.values() for error in errors)
        return bad(word=_("Not recorded"), scanned=shown, detail=faults)
    try:
        told = record_by_hand(
            office_id=office_of(request.user).pk,
            scans=scans,
            actor_id=request.user.pk,
            at=timezone.now(),
            **form.cleaned_data,
        )
    except REFUSALS as error:
        return bad(word=_("Not recorded"), scanned=shown, detail=refusal_text(error))
    return _answer(told, shown)


def _answer(told: list[Told], shown: str) -> ScanAnswer:
    if len(told) == 1:
        (one,) = told
        shown = one.reference or shown
        word = words.word_of("row_outcome", one.outcome).label
    else:
        recorded = sum(1 for one in told if one.outcome in _GOOD)
        word = _("%(count)s recorded") % {"count": number_format(recorded)}
    others = [one for one in told if one.outcome not in _GOOD]
    detail = "; ".join(f"{one.scanned}: {words.word_of('row_outcome', one.outcome).label}" for one in others)
    if not others:
        return good(word=word, scanned=shown)
    if all(one.outcome in _NOTICED for one in others):
        return warning(word=word, scanned=shown, detail=detail)
    return bad(word=word, scanned=shown, detail=detail)


def _recent(request: StaffRequest) -> QuerySet[HandEvent]:
    mine = HandEvent.objects.filter(office_id=office_of(request.user).pk, recorded_by_id=request.user.pk)
    sealed = ("event__card__nik", "event__card__kk", "event__card__phone")
    return mine.select_related("event__card").defer(*sealed).order_by("-recorded_at", "-pk")[:RECENT]
