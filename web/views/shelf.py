"""What stands on a counter's shelf, what is on its way there, and taking in what came back."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.models import CounterStay, ReturnReceipt
from delivery.refusals import DeliveryRefused
from delivery.returns import (
    ReturnScan,
    receive_returns,
    receive_transfer,
    route_returns,
    send_transfers,
)
from delivery.scope import returns_visible_to, transfers_visible_to
from delivery.status import Reason
from web import words
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.lists import listing, page_of
from web.messages import refusal_text

SHELF_SORTS = {"arrived": "arrived_at", "shelf": "shelf", "until": "hold_until", "name": "card__name"}


class ReturnForm(Styled, forms.Form):
    """One item in hand."""

    scanned = forms.CharField(
        label=_("Scan the item"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false", "class": "scan-field"}
        ),
    )
    condition = forms.ChoiceField(
        label=_("Condition"),
        choices=ReturnReceipt.Condition.choices,
        widget=forms.RadioSelect,
        initial="FINE",
    )
    reason = forms.ChoiceField(label=_("Reason"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101 - narrows the type
        reason.choices = [
            ("", _("as the courier says")),
            *((code.value, words.word_of("reason", code).label) for code in Reason if code),
        ]


class TransferForm(Styled, forms.Form):
    """What arrived of a transfer."""

    shelf = forms.CharField(label=_("Shelf"), required=False, max_length=16)
    references = forms.CharField(
        label=_("Scanned cards"),
        required=False,
        help_text=_("One a line. Leave empty when all of the list arrived."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )


@requires(Operation.SERVE_COUNTER)
def shelf(request: StaffRequest) -> HttpResponse:
    """List the cards on the counter's shelf, oldest first."""
    counter = office_of(request.user)
    stays = CounterStay.objects.filter(counter=counter, live=True).select_related("card")
    words_asked = request.GET.get("q", "").strip()
    if words_asked:
        stays = stays.filter(shelf__istartswith=words_asked) | stays.filter(
            card__reference__iexact=words_asked
        )
    shown = listing(request, stays, sorts=SHELF_SORTS, default="arrived")
    context = {"page": shown.page, "sort": shown.sort, "q": words_asked, "counter": counter}
    return render(request, "web/counter/shelf.html", context)


@requires(Operation.RECEIVE_RETURNS)
def transfers(request: StaffRequest) -> HttpResponse:
    """List transfers to and from the office."""
    rows = (
        transfers_visible_to(request.user)
        .select_related("from_office", "to_office")
        .order_by("-sent_at", "-pk")
    )
    return render(request, "web/counter/transfers.html", {"page": page_of(request, rows)})


@requires(Operation.RECEIVE_RETURNS)
def transfer(request: StaffRequest, transfer_id: int) -> HttpResponse:
    """Show a transfer and take it in."""
    row = get_object_or_404(
        transfers_visible_to(request.user).select_related("from_office", "to_office"), pk=transfer_id
    )
    mine = row.to_office_id == request.user.office_id
    form = TransferForm(request.POST or None)
    refusal, receipt = "", None
    if request.method == "POST" and mine and form.is_valid():
        scanned = form.cleaned_data["references"].split()
        try:
            receipt = receive_transfer(
                transfer_id=row.pk,
                references=scanned or None,
                shelf=form.cleaned_data["shelf"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        row.refresh_from_db()
    cards = row.cards.select_related("card").order_by("card__name", "pk")
    context = {"transfer": row, "mine": mine, "form": form, "refusal": refusal, "receipt": receipt}
    return render(
        request,
        "web/counter/transfer.html",
        {**context, "page": page_of(request, cards)},
        status=409 if refusal else 200,
    )


@requires(Operation.RECEIVE_RETURNS)
def returns(request: StaffRequest) -> HttpResponse:
    """Take in one item after the other; below, what came in last and what waits for a decision."""
    office = office_of(request.user)
    form = ReturnForm(request.POST or None)
    outcome, refusal = None, ""
    if request.method == "POST" and form.is_valid():
        scan = ReturnScan(
            scanned=form.cleaned_data["scanned"],
            condition=form.cleaned_data["condition"],
            reason=form.cleaned_data["reason"],
        )
        try:
            (outcome,) = receive_returns(
                office_id=office.pk, scans=[scan], actor_id=request.user.pk, at=timezone.now()
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        else:
            form = ReturnForm()
    rows = (
        returns_visible_to(request.user)
        .select_related("card", "office", "counter")
        .order_by("-received_at", "-pk")
    )
    context = {
        "form": form,
        "outcome": outcome,
        "refusal": refusal,
        "page": page_of(request, rows),
        "undecided": rows.filter(decision=ReturnReceipt.Decision.UNDECIDED).count(),
    }
    return render(request, "web/counter/returns.html", context)


@requires(Operation.ROUTE_RETURNS)
@require_POST
def route(request: StaffRequest) -> HttpResponse:
    """Route what waits to its counters and send one transfer to each."""
    office, now = office_of(request.user), timezone.now()
    route_returns(office_id=office.pk, actor_id=request.user.pk, at=now)
    send_transfers(office_id=office.pk, actor_id=request.user.pk, at=now)
    return redirect("web:transfers")
