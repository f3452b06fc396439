"""What stands on a counter's shelf, and taking in what came back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.models import CounterStay, ReturnReceipt
from delivery.refusals import DeliveryRefused
from delivery.returns import ReturnScan, receive_returns, route_returns, send_transfers
from delivery.scope import returns_visible_to
from delivery.shelves import SHELF_LENGTH, set_shelf
from delivery.status import Reason
from web import words
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.lists import listing, page_of
from web.messages import refusal_text, tell_refusal
from web.scans import ScanAnswer, bad, good

SHELF_SORTS = {"arrived": "arrived_at", "shelf": "shelf", "until": "hold_until", "name": "card__name"}
SCAN_LENGTH = 200
SEALED = ("card__nik", "card__kk", "card__phone")  # not needed here, so not unsealed


class ReturnForm(Styled, forms.Form):
    """One item in hand."""

    scanned = forms.CharField(max_length=SCAN_LENGTH)
    condition = forms.ChoiceField(
        label=gettext_lazy("Condition"),
        choices=ReturnReceipt.Condition.choices,
        widget=forms.RadioSelect,
        initial="FINE",
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101 - narrows the type
        reason.choices = [
            ("", gettext_lazy("as the courier says")),
            *((code.value, words.word_of("reason", code).label) for code in Reason if code),
        ]


@requires(Operation.SERVE_COUNTER)
def shelf(request: StaffRequest) -> HttpResponse:
    """List the cards on the counter's shelf, oldest first."""
    counter = office_of(request.user)
    stays = CounterStay.objects.filter(counter=counter, live=True).select_related("card").defer(*SEALED)
    asked = request.GET.get("q", "").strip()
    if asked:
        stays = stays.filter(
            Q(shelf__istartswith=asked) | Q(card__reference__iexact=asked) | Q(card__name__icontains=asked)
        )
    without = request.GET.get("without") == "1"
    unplaced = stays.filter(shelf="")
    shown = listing(request, unplaced if without else stays, sorts=SHELF_SORTS, default="arrived")
    today = timezone.localdate()
    context = {
        "page": shown.page,
        "sort": shown.sort,
        "q": asked,
        "without": without,
        "unplaced": unplaced.count(),
        "counter": counter,
        "today": today,
    }
    return render(request, "web/counter/shelf.html", context)


@requires(Operation.SERVE_COUNTER)
def place(request: StaffRequest) -> HttpResponse:
    """Put one card after the other on a position of the shelf; scanned again, a card moves."""
    counter = office_of(request.user)
    position = request.POST.get("shelf", "").strip()[:SHELF_LENGTH]
    scans = request.POST.get("scanned", "")[:SCAN_LENGTH].split()
    answer = _place(request, counter.pk, scans, position) if request.method == "POST" else None
    here = CounterStay.objects.filter(counter=counter, live=True)
    standing = here.filter(shelf=position).select_related("card").defer(*SEALED).order_by("card__name", "pk")
    context: dict[str, Any] = {
        "counter": counter,
        "answer": answer,
        "shelf": position,
        "page": page_of(request, standing if position else here.none()),
        "unplaced": here.filter(shelf="").count(),
    }
    template = "web/counter/place_result.html" if request.htmx else "web/counter/place.html"
    return render(request, template, context)


def _place(request: StaffRequest, counter_id: int, scans: list[str], position: str) -> ScanAnswer:
    shown = ", ".join(scans)
    if not scans:
        return bad(word=_("Scan again"), scanned="", detail=_("Nothing was read."))
    try:
        done = set_shelf(
            counter_id=counter_id, scans=scans, shelf=position, actor_id=request.user.pk, at=timezone.now()
        )
    except DeliveryRefused as refusal:
        return bad(word=_("Stop"), scanned=shown, detail=refusal_text(refusal))
    if done.misread:
        return bad(word=_("Read wrongly: scan again"), scanned=", ".join(done.misread))
    if done.not_here:
        detail = _("It does not wait at this counter. Look it up under Cards.")
        return bad(word=_("Not of this shelf"), scanned=", ".join(done.not_here), detail=detail)
    return good(word=_("On shelf %(shelf)s") % {"shelf": position}, scanned=", ".join(done.placed))


@requires(Operation.RECEIVE_RETURNS)
def returns(request: StaffRequest) -> HttpResponse:
    """Take in one item after the other; below, what came in last and what waits for a decision."""
    form = ReturnForm(request.POST or None)
    answer = _receive(request, form) if request.method == "POST" else None
    rows = (
        returns_visible_to(request.user)
        .select_related("card", "office", "counter")
        .defer(*SEALED)
        .order_by("-received_at", "-pk")
    )
    context: dict[str, Any] = {
        "form": form,
        "answer": answer,
        "page": page_of(request, rows),
        "undecided": rows.filter(decision=ReturnReceipt.Decision.UNDECIDED).count(),
    }
    if request.htmx:
        return render(request, "web/counter/returns_result.html", context)
    context["may_route"] = may(request.user, Operation.ROUTE_RETURNS)
    return render(request, "web/counter/returns.html", context)


def _receive(request: StaffRequest, form: ReturnForm) -> ScanAnswer:
    shown = request.POST.get("scanned", "")[:SCAN_LENGTH].strip()
    if not form.is_valid():
        return bad(word=_("Scan again"), scanned=shown, detail=_("Nothing was read."))
    scan = ReturnScan(
        scanned=form.cleaned_data["scanned"],
        condition=form.cleaned_data["condition"],
        reason=form.cleaned_data["reason"],
    )
    office = office_of(request.user)
    try:
        (outcome,) = receive_returns(
            office_id=office.pk, scans=[scan], actor_id=request.user.pk, at=timezone.now()
        )
    except DeliveryRefused as refusal:
        return bad(word=_("Stop"), scanned=shown, detail=refusal_text(refusal))
    word = words.word_of("return_result", outcome.result)
    return ScanAnswer(
        word=word.label, tone=word.tone, icon=word.icon, scanned=outcome.reference or shown, detail=""
    )


@requires(Operation.ROUTE_RETURNS)
@require_POST
def route(request: StaffRequest) -> HttpResponse:
    """Route what waits to its counters and send one transfer to each."""
    office, now = office_of(request.user), timezone.now()
    try:
        routed = route_returns(office_id=office.pk, actor_id=request.user.pk, at=now)
        sent = send_transfers(office_id=office.pk, actor_id=request.user.pk, at=now)
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
        return redirect("web:returns")
    messages.success(
        request,
        _(
            "%(transfers)s transfers with %(cards)s cards were sent; %(registry)s cards stay on the registry's list."
        )
        % {
            "transfers": len(sent),
            "cards": sum(transfer.sent for transfer in sent),
            "registry": routed.registry,
        },
    )
    if routed.sent_again or routed.to_review or routed.village:
        messages.info(
            request,
            _("Sent again: %(again)s; at the review desk: %(review)s; for village lists: %(village)s.")
            % {"again": routed.sent_again, "review": routed.to_review, "village": routed.village},
        )
    if routed.shelved:
        messages.info(
            request,
            _("%(cards)s cards were taken in at their own counter and stand on its shelf.")
            % {"cards": routed.shelved},
        )
    for reason, cards in routed.left.items():
        why = words.word_of("left", reason).label
        messages.warning(
            request, _("%(cards)s cards wait for a decision: %(why)s.") % {"cards": cards, "why": why}
        )
    return redirect("web:transfers")
