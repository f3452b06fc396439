"""Who waits for a place of a full day at the counter."""

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.counter import find_card
from delivery.refusals import DeliveryRefused
from delivery.scope import waiting_visible_to
from delivery.waiting import LIVE, URGENT, join_waiting_list, leave_waiting_list, take_offer
from offices.models import Quota
from offices.services import local_day
from web.access import StaffRequest, office_of, requires
from web.forms import DateField, Styled
from web.lists import page_of
from web.messages import refusal_text, tell_refusal


class JoinForm(Styled, forms.Form):
    """Which card waits for which day."""

    reference = forms.CharField(label=gettext_lazy("Card: scan or type its number"), max_length=40)
    day = DateField(label=gettext_lazy("Day"), required=False)
    lane = forms.ChoiceField(
        label=gettext_lazy("Lane"), choices=Quota.Lane.choices, initial=URGENT, required=False
    )


@requires(Operation.SERVE_COUNTER)
def waiting(request: StaffRequest) -> HttpResponse:
    """List who waits and who is offered a place, in their order."""
    return _page(request, JoinForm(initial={"day": timezone.localdate(), "lane": URGENT}))


@requires(Operation.SERVE_COUNTER)
@require_POST
def join(request: StaffRequest) -> HttpResponse:
    """Put a card on the list of a full day; today's urgent lane when nothing else is said."""
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    counter, now, data = office_of(request.user), timezone.now(), form.cleaned_data
    day: date = data["day"] or local_day(office=counter, at=now)
    try:
        found = find_card(counter_id=counter.pk, scanned=data["reference"], actor_id=request.user.pk, at=now)
        entry = join_waiting_list(
            card_id=found.card_id, day=day, lane=data["lane"] or URGENT, at=now, actor_id=request.user.pk
        )
    except DeliveryRefused as refusal:
        form.add_error(None, refusal_text(refusal))
        return _page(request, form, status=409)
    text = _("%(card)s waits for a place on %(day)s.")
    messages.success(request, text % {"card": found.reference, "day": date_format(entry.day, "j F Y")})
    return redirect("web:waiting")


@requires(Operation.SERVE_COUNTER)
@require_POST
def answer(request: StaffRequest, entry_id: int) -> HttpResponse:
    """Take the place that is kept for a card, or take the card off the list."""
    entry = get_object_or_404(waiting_visible_to(request.user), pk=entry_id)
    command = take_offer if request.POST.get("take") else leave_waiting_list
    try:
        command(card_id=entry.card_id, at=timezone.now(), actor_id=request.user.pk)
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
    else:
        taken = _("The place is booked.") if command is take_offer else _("The card is off the list.")
        messages.success(request, taken)
    return redirect("web:waiting")


def _page(request: StaffRequest, form: JoinForm, *, status: int = 200) -> HttpResponse:
    rows = (
        waiting_visible_to(request.user)
        .filter(state__in=LIVE)
        .select_related("card", "counter")
        .defer("card__nik", "card__kk", "card__phone")
        .order_by("day", "counter", "lane", "joined_at", "pk")
    )
    context = {"page": page_of(request, rows), "form": form, "now": timezone.now()}
    return render(request, "web/counter/waiting.html", context, status=status)
