"""The counter without network: the page that a browser keeps, its signed list, its queue, and what does not agree."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Operation, may
from delivery.models import Collection
from delivery.offline import (
    MOST_CONFIRMATIONS,
    Confirmation,
    Outcome,
    ready_list,
    record_confirmations,
    settle_conflict,
)
from delivery.refusals import DeliveryRefused
from delivery.scope import conflicts_visible_to
from web import words
from web.access import StaffRequest, office_of, public, requires
from web.lists import page_of
from web.messages import tell_refusal


class ConfirmationForm(forms.Form):
    """One confirmation as the browser kept it."""

    token = forms.CharField(max_length=400)
    reference = forms.RegexField(r"^[A-Za-z0-9]{1,12}$")
    tag = forms.RegexField(r"^[A-Za-z0-9]{1,64}$")
    nonce = forms.RegexField(r"^[A-Za-z0-9_-]{8,64}$")
    documents = forms.MultipleChoiceField(choices=Collection.Document.choices, required=False)
    old_card_surrendered = forms.BooleanField(required=False)
    confirmed_at = forms.DateTimeField()


@requires(Operation.SERVE_COUNTER)
@require_GET
def page(request: StaffRequest) -> HttpResponse:
    """Show the page that works without network; it says nothing about anybody, since the browser keeps it."""
    return render(request, "web/counter/offline.html", {"papers": words.TABLES["document"]})


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Send the script that answers for the counter's pages while there is no network; nothing in it is secret."""
    response = render(request, "web/counter/worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@requires(Operation.SERVE_COUNTER)
@require_GET
def ready(request: StaffRequest) -> JsonResponse:
    """Send the signed list of what can be handed out here today; the export is recorded."""
    counter = office_of(request.user)
    listed = ready_list(counter_id=counter.pk, actor_id=request.user.pk, at=timezone.now())
    return _json({**asdict(listed), "cards": [asdict(card) for card in listed.cards]})


@requires(Operation.SERVE_COUNTER)
def send(request: StaffRequest) -> JsonResponse:
    """Give the token that a kept page needs to send, or take what it kept; safe to repeat."""
    if request.method != "POST":
        return _json({"csrf": get_token(request)})
    counter = office_of(request.user)
    try:
        confirmations = list(_confirmations(request.body))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, RawPostDataException):
        return _json({"outcomes": []}, status=400)
    outcomes = record_confirmations(
        counter_id=counter.pk, confirmations=confirmations, actor_id=request.user.pk, at=timezone.now()
    )
    return _json({"outcomes": [_told(outcome) for outcome in outcomes]})


def _confirmations(body: bytes) -> Iterator[Confirmation]:
    """Read the queue. Raises ValueError for anything that no page of ours sends."""
    sent = json.loads(body)["confirmations"] if body else []
    if not isinstance(sent, list) or len(sent) > MOST_CONFIRMATIONS:
        raise ValueError
    for each in sent:
        form = ConfirmationForm(each)
        if not form.is_valid():
            raise ValueError
        yield Confirmation(**form.cleaned_data)


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "nonce": outcome.nonce,
        "reference": outcome.reference,
        "result": outcome.result.value,
        "code": outcome.code,
        "text": str(words.word_of("offline_code", outcome.code).label) if outcome.code else "",
    }


def _json(answer: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(answer, status=status, headers={"Cache-Control": "no-store"})


@requires(Operation.SERVE_COUNTER)
def conflicts(request: StaffRequest) -> HttpResponse:
    """List what counters did without network and that does not agree with what is known, open ones first."""
    rows = (
        conflicts_visible_to(request.user)
        .select_related("card", "counter", "confirmed_by", "settled_by")
        .defer("card__nik", "card__kk", "card__phone")
        .order_by(F("settled_at").desc(nulls_first=True), "-reported_at", "-pk")
    )
    context = {"page": page_of(request, rows), "may_settle": may(request.user, Operation.UNDO_COLLECTION)}
    return render(request, "web/counter/conflicts.html", context)


@requires(Operation.UNDO_COLLECTION)
@require_POST
def settle(request: StaffRequest, conflict_id: int) -> HttpResponse:
    """Write how a conflict was settled."""
    conflict = get_object_or_404(conflicts_visible_to(request.user), pk=conflict_id)
    try:
        settle_conflict(
            conflict_id=conflict.pk,
            resolution=request.POST.get("resolution", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("The conflict is settled."))
    return redirect("web:conflicts")
