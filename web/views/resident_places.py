"""Residents in a hurry: an urgent place, or one on its waiting list; take the place that became free, or leave."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from delivery.appointments import book
from delivery.refusals import Code, DeliveryRefused
from delivery.waiting import URGENT, join_waiting_list, leave_waiting_list, take_offer
from web.access import public
from web.resident_words import CHOOSE_A_DAY, refusal_words
from web.views.resident import opened_card, resident_page, secretive, tell


@public
@secretive()
@require_POST
def hurry(request: HttpRequest) -> HttpResponse:
    """Book an urgent place of the day; when all are taken, go on its waiting list. Or answer to an offer."""
    view = opened_card(request)
    if view is None:
        return redirect("web:track")
    now = timezone.now()
    try:
        if request.POST.get("take"):
            take_offer(card_id=view.card_id, at=now)
            return tell("booked")
        if request.POST.get("leave"):
            leave_waiting_list(card_id=view.card_id, at=now)
            return tell("left")
        day = forms.DateField().clean(request.POST.get("day"))
        try:
            book(card_id=view.card_id, day=day, lane=URGENT, at=now)
            return tell("booked")
        except DeliveryRefused as refusal:
            if refusal.code not in (Code.QUOTA_FULL, Code.SLOT_FULL):
                raise
        join_waiting_list(card_id=view.card_id, day=day, at=now)
    except forms.ValidationError:
        return resident_page(request, view, refused=str(CHOOSE_A_DAY), section="hurry", status=422)
    except DeliveryRefused as refusal:
        return resident_page(request, view, refused=refusal_words(refusal), section="hurry", status=409)
    return tell("waiting")
