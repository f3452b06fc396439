"""The counter: scan, check, confirm; today's collections; and taking one back the same day."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Operation, may
from delivery.counter import (
    Collector,
    FoundAtCounter,
    check_collection,
    collect,
    find_card,
    undo_collection,
)
from delivery.models import Appointment, Collection, CounterStay
from delivery.refusals import DeliveryRefused
from offices.models import Office
from offices.services import local_day, places_left, policy_of
from web import words
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.messages import refusal_text

LAST_COLLECTIONS = 10


class ScanForm(Styled, forms.Form):
    """What the scanner typed."""

    scanned = forms.CharField(
        label=_("Scan the label, the QR code, or type a number or NIK"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false", "class": "scan-field"}
        ),
    )


class CollectForm(Styled, forms.Form):
    """Who takes the card, with which papers."""

    card_id = forms.IntegerField(widget=forms.HiddenInput)
    nonce = forms.CharField(max_length=64, widget=forms.HiddenInput)
    relation = forms.ChoiceField(label=_("Who collects?"), widget=forms.RadioSelect)
    documents = forms.MultipleChoiceField(
        label=_("Papers shown"),
        required=False,
        choices=Collection.Document.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    old_card_surrendered = forms.BooleanField(label=_("The old card was handed in"), required=False)
    collector_name = forms.CharField(
        label=_("Name of the person, if not the holder"), required=False, max_length=120
    )
    pin = forms.CharField(label=_("PIN from the message"), required=False, max_length=12)

    def __init__(self, *args: Any, counter: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relation = self.fields["relation"]
        assert isinstance(relation, forms.ChoiceField)  # noqa: S101 - narrows the type
        allowed = [name for name in Collector if name in policy_of(office=counter).collectors]
        relation.choices = [(name.value, words.word_of("relation", name).label) for name in allowed]

    def clean(self) -> dict[str, Any]:
        """Ask for the name of somebody who is not the holder."""
        data: dict[str, Any] = super().clean() or {}
        if (
            data.get("relation") not in (None, Collector.HOLDER)
            and not data.get("collector_name", "").strip()
        ):
            self.add_error("collector_name", _("Write the name of the person who collects."))
        return data


@requires(Operation.SERVE_COUNTER)
def desk(request: StaffRequest) -> HttpResponse:
    """Find a card by scan and show what speaks against giving it out."""
    counter, now = office_of(request.user), timezone.now()
    scan = ScanForm(request.POST or None)
    if request.method != "POST" or not scan.is_valid():
        return _page(request, counter, now, scan=ScanForm())
    try:
        found = find_card(
            counter_id=counter.pk, scanned=scan.cleaned_data["scanned"], actor_id=request.user.pk, at=now
        )
    except DeliveryRefused as refusal:
        return _page(request, counter, now, scan=scan, refusal=refusal_text(refusal), status=404)
    return _found(request, counter, now, found)


@requires(Operation.SERVE_COUNTER)
@require_POST
def give_out(request: StaffRequest) -> HttpResponse:
    """Give the card out; a repeat of the same confirmation gives the same answer."""
    counter, now = office_of(request.user), timezone.now()
    form = CollectForm(request.POST, counter=counter)
    found = _card_again(request, counter, now)
    if found is None:
        return redirect("web:counter")
    if not form.is_valid():
        return _found(request, counter, now, found, form=form, status=422)
    typed = form.cleaned_data
    try:
        collection = collect(
            counter_id=counter.pk,
            card_id=found.card_id,
            relation=typed["relation"],
            documents=typed["documents"],
            collector_name=typed["collector_name"],
            old_card_surrendered=typed["old_card_surrendered"],
            nonce=typed["nonce"],
            pin=typed["pin"] or None,
            actor_id=request.user.pk,
            at=now,
        )
    except DeliveryRefused as refusal:
        return _found(request, counter, now, found, form=form, refusal=refusal_text(refusal), status=409)
    return redirect("web:counter-done", collection_id=collection.pk)


@requires(Operation.SERVE_COUNTER)
def done(request: StaffRequest, collection_id: int) -> HttpResponse:
    """Say that the card was given out, and wait for the next scan."""
    counter = office_of(request.user)
    given = get_object_or_404(Collection.objects.select_related("card"), pk=collection_id, counter=counter)
    return _page(request, counter, timezone.now(), scan=ScanForm(), given=given)


@requires(Operation.UNDO_COLLECTION)
@require_POST
def undo(request: StaffRequest, collection_id: int) -> HttpResponse:
    """Take a collection of today back, with a reason."""
    registry, now = office_of(request.user), timezone.now()
    collection = get_object_or_404(Collection, pk=collection_id, card__office=registry)
    try:
        undo_collection(
            collection_id=collection.pk,
            reason=request.POST.get("reason", ""),
            actor_id=request.user.pk,
            at=now,
        )
    except DeliveryRefused as refusal:
        return _collections(request, refusal=refusal_text(refusal), status=409)
    return redirect("web:collections")


@requires(Operation.SERVE_COUNTER)
def collections(request: StaffRequest) -> HttpResponse:
    """List what was given out today."""
    return _collections(request)


def _collections(request: StaffRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    office = office_of(request.user)
    may_undo = may(request.user, Operation.UNDO_COLLECTION)
    rows = Collection.objects.select_related("card", "counter", "collected_by")
    mine = rows.filter(card__office=office) if may_undo else rows.filter(counter=office)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    context = {
        "collections": mine.filter(collected_at__gte=today)[:200],
        "may_undo": may_undo,
        "refusal": refusal,
    }
    return render(request, "web/counter/collections.html", context, status=status)


def _card_again(request: StaffRequest, counter: Office, now: datetime) -> FoundAtCounter | None:
    """Find the card of the form again, by its reference, as the desk found it."""
    try:
        return find_card(
            counter_id=counter.pk,
            scanned=request.POST.get("reference", ""),
            actor_id=request.user.pk,
            at=now,
        )
    except DeliveryRefused:
        return None


def _found(
    request: StaffRequest,
    counter: Office,
    now: datetime,
    found: FoundAtCounter,
    *,
    form: CollectForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    first = {"card_id": found.card_id, "nonce": uuid.uuid4().hex, "relation": Collector.HOLDER.value}
    hindrances = [] if form is not None else _hindrances(counter, found, now)
    context: dict[str, Any] = {
        "found": found,
        "form": form or CollectForm(initial=first, counter=counter),
        "hindrances": hindrances,
        "refusal": refusal,
        "blocked": not found.here,
    }
    return _page(request, counter, now, scan=ScanForm(), status=status, **context)


def _hindrances(counter: Office, found: FoundAtCounter, now: datetime) -> list[str]:
    """Say what speaks against it whatever papers are shown: nobody has been asked for papers yet."""
    asked_later = {"DOCUMENT_MISSING", "OLD_CARD_NOT_SURRENDERED", "COLLECTOR_NOT_ALLOWED", "WRONG_PIN"}
    refusals = check_collection(
        counter_id=counter.pk,
        card_id=found.card_id,
        relation=Collector.HOLDER,
        documents=list(Collection.Document.values),
        at=now,
    )
    return [
        refusal_text(DeliveryRefused(refusal.code, **refusal.params))
        for refusal in refusals
        if refusal.code not in asked_later
    ]


def _page(
    request: StaffRequest,
    counter: Office,
    now: datetime,
    *,
    scan: ScanForm,
    refusal: str = "",
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    today = local_day(office=counter, at=now)
    context = {
        "scan": scan,
        "refusal": refusal,
        "counter": counter,
        "appointments": Appointment.objects.filter(
            counter=counter, day=today, cancelled_at__isnull=True
        ).count(),
        "places_left": places_left(office_id=counter.pk, lane="ORDINARY", day=today),
        "on_shelf": CounterStay.objects.filter(counter=counter, live=True).count(),
        "last": _last(request.user, counter),
        **extra,
    }
    return render(request, "web/counter/desk.html", context, status=status)


def _last(user: User, counter: Office) -> Any:
    rows = Collection.objects.filter(counter=counter, collected_by=user).select_related("card")
    return rows.order_by("-collected_at")[:LAST_COLLECTIONS]
