"""The counter: scan, check, confirm; the receipt of each collection."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django import forms
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.counter import Collector, FoundAtCounter, Refusal, check_collection, collect, find_card
from delivery.models import Appointment, Collection, CounterStay
from delivery.receipts import write_receipt
from delivery.refusals import Code, DeliveryRefused
from delivery.scope import collections_visible_to, conflicts_visible_to
from offices.models import Office, Quota
from offices.quotas import places_left
from offices.services import local_day, policy_of
from privacy.masking import mask_digits
from shipments.numbers import NumberKind, normalise
from web import words
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.lists import file_answer
from web.messages import refusal_text
from web.scans import ScanAnswer, bad, good, warning

LAST_COLLECTIONS = 10
SCAN_LENGTH = 200
ORDINARY, URGENT = Quota.Lane.ORDINARY.value, Quota.Lane.URGENT.value
SEALED = ("card__nik", "card__kk", "card__phone")  # not needed here, so not unsealed

# Nobody has been asked for papers yet when a card is found.
_ASKED_LATER = frozenset(
    {Code.DOCUMENT_MISSING, Code.OLD_CARD_NOT_SURRENDERED, Code.COLLECTOR_NOT_ALLOWED, Code.WRONG_PIN}
)
_ELSEWHERE = gettext_lazy("The card is not at a counter. It is: %(status)s.")
# What a refusal says of a card that no table of words knows.
_PLACES = {
    "REGISTERED": gettext_lazy("printed, but not sent yet"),
    "NOT_AT_COUNTER": gettext_lazy("not at a counter"),
    "MOVED": gettext_lazy("taken from the shelf a moment ago"),
    "AREA_HOLD": gettext_lazy("its area is on hold"),
}


class CollectForm(Styled, forms.Form):
    """Who takes the card, with which papers."""

    nonce = forms.CharField(max_length=64, widget=forms.HiddenInput)
    lane = forms.ChoiceField(choices=Quota.Lane.choices, widget=forms.HiddenInput, required=False)
    relation = forms.ChoiceField(label=gettext_lazy("Who collects?"), widget=forms.RadioSelect)
    documents = forms.MultipleChoiceField(
        label=gettext_lazy("Papers shown"),
        required=False,
        choices=[(code, word.label) for code, word in words.TABLES["document"].items()],
        widget=forms.CheckboxSelectMultiple,
    )
    old_card_surrendered = forms.BooleanField(
        label=gettext_lazy("The old card was handed in"), required=False
    )
    collector_name = forms.CharField(
        label=gettext_lazy("Name, if it is not the holder"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shown_nik = forms.CharField(
        label=gettext_lazy("NIK on the papers shown"),
        required=False,
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    pin = forms.CharField(
        label=gettext_lazy("PIN from the message"),
        required=False,
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, counter: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relation = self.fields["relation"]
        assert isinstance(relation, forms.ChoiceField)  # noqa: S101 - narrows the type
        policy = policy_of(office=counter)
        allowed = [name for name in Collector if name in policy.collectors]
        relation.choices = [
            (name.value, _who_shows(name, policy.documents.get(name.value, []))) for name in allowed
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for the name of somebody who is not the holder."""
        data: dict[str, Any] = super().clean() or {}
        holder = data.get("relation") in (None, Collector.HOLDER)
        if not holder and not data.get("collector_name", "").strip():
            self.add_error("collector_name", _("Write the name of the person who collects."))
        return data


def _who_shows(collector: Collector, documents: Sequence[Sequence[str]]) -> str:
    """Say who it is and what the office's policy asks them to show."""
    who = words.word_of("relation", collector).label
    any_of = _(" or ")
    shown = "; ".join(
        any_of.join(str(words.word_of("document", code).label) for code in one_of) for one_of in documents
    )
    return _("%(who)s – shows: %(papers)s") % {"who": who, "papers": shown} if shown else str(who)


@requires(Operation.SERVE_COUNTER)
def desk(request: StaffRequest) -> HttpResponse:
    """Find a card by scan and show what speaks against giving it out."""
    counter, now = office_of(request.user), timezone.now()
    scanned = request.POST.get("scanned", "").strip()[:SCAN_LENGTH]
    if request.method != "POST" or not scanned:
        return _page(request, counter, now)
    try:
        found = find_card(counter_id=counter.pk, scanned=scanned, actor_id=request.user.pk, at=now)
    except DeliveryRefused as refusal:
        answer = bad(word=_("Not found"), scanned=_harmless(scanned), detail=_told(refusal))
        return _page(request, counter, now, answer=answer, typed=scanned, status=404)
    return _page(request, counter, now, **_work(counter, found, now))


@requires(Operation.SERVE_COUNTER)
@require_POST
def give_out(request: StaffRequest) -> HttpResponse:
    """Give the card out; a repeat of the same confirmation gives the same answer."""
    counter, now = office_of(request.user), timezone.now()
    form = CollectForm(request.POST, counter=counter)
    try:
        found = find_card(
            counter_id=counter.pk,
            scanned=request.POST.get("reference", ""),
            actor_id=request.user.pk,
            at=now,
        )
    except DeliveryRefused:
        return redirect("web:counter")
    if not form.is_valid():
        texts = [f"{form[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        answer = bad(word=_("Not given out yet"), scanned=found.reference, detail=" ".join(texts))
        return _page(request, counter, now, answer=answer, found=found, form=form, status=422)
    try:
        collection = _collect(request, counter, found, form.cleaned_data, now)
    except DeliveryRefused as refusal:
        answer = bad(word=_("Not given out"), scanned=found.reference, detail=_told(refusal))
        return _page(request, counter, now, answer=answer, found=found, form=form, status=409)
    return redirect("web:counter-done", collection_id=collection.pk)


def _collect(
    request: StaffRequest, counter: Office, found: FoundAtCounter, typed: dict[str, Any], now: datetime
) -> Collection:
    return collect(
        counter_id=counter.pk,
        card_id=found.card_id,
        relation=typed["relation"],
        documents=typed["documents"],
        collector_name=typed["collector_name"],
        old_card_surrendered=typed["old_card_surrendered"],
        nonce=typed["nonce"],
        pin=typed["pin"] or None,
        shown_nik=typed["shown_nik"],
        lane=typed["lane"] or ORDINARY,
        actor_id=request.user.pk,
        at=now,
    )


@requires(Operation.SERVE_COUNTER)
def done(request: StaffRequest, collection_id: int) -> HttpResponse:
    """Say that the card was given out, offer the receipt, and wait for the next scan."""
    counter = office_of(request.user)
    rows = Collection.objects.select_related("card", "counter", "collected_by").defer(*SEALED)
    given = get_object_or_404(rows, pk=collection_id, counter=counter)
    answer = good(word=_("Given out"), scanned=given.card.reference, detail=_("Scan the next card."))
    if given.undone_at is not None:
        answer = bad(
            word=_("Taken back"),
            scanned=given.card.reference,
            detail=_("A supervisor has taken this collection back."),
        )
    return _page(request, counter, timezone.now(), answer=answer, given=given)


@requires(Operation.SERVE_COUNTER)
def receipt(request: StaffRequest, collection_id: int) -> HttpResponseBase:
    """Send the resident's receipt as PDF; it is recorded who took it."""
    collection = get_object_or_404(collections_visible_to(request.user), pk=collection_id)
    output = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - closed when sent
    write_receipt(collection_id=collection.pk, output=output, actor_id=request.user.pk, at=timezone.now())
    return file_answer(output, name=f"tanda-terima-{collection.pk}.pdf", content_type="application/pdf")


def _work(counter: Office, found: FoundAtCounter, now: datetime) -> dict[str, Any]:
    """Give what the page shows of a card that was found: the answer and, if nothing speaks against it, the form.

    When the ordinary places are taken the urgent lane is offered, and when that is full too the waiting list.
    """
    hindrances = _hindrances(counter, found, now, ORDINARY)
    lane = ORDINARY
    if [refusal.code for refusal in hindrances] == [Code.QUOTA_FULL]:
        lane = URGENT
        hindrances = _hindrances(counter, found, now, URGENT)
    if hindrances:
        answer = bad(
            word=_("Do not give it out"),
            scanned=found.reference,
            detail=" ".join(_told(refusal) for refusal in hindrances),
        )
        may_wait = [refusal.code for refusal in hindrances] == [Code.QUOTA_FULL]
        return {"answer": answer, "found": found, "may_wait": may_wait}
    first = {"nonce": uuid.uuid4().hex, "relation": Collector.HOLDER.value, "lane": lane}
    form = CollectForm(initial=first, counter=counter)
    if lane == URGENT:
        left = places_left(office_id=counter.pk, lane=URGENT, day=local_day(office=counter, at=now))
        answer = warning(
            word=_("Urgent lane"),
            scanned=found.reference,
            detail=_(
                "The ordinary places of today are taken. Urgent places left: %(left)s. Confirm only when it is urgent."
            )
            % {"left": left},
        )
        return {"answer": answer, "found": found, "form": form}
    where = _("Shelf %(shelf)s") % {"shelf": found.shelf} if found.shelf else _("It is here")
    answer = good(
        word=where,
        scanned=found.reference,
        detail=_("Fetch the card and check the papers. Enter leads to the confirmation."),
    )
    return {"answer": answer, "found": found, "form": form}


def _hindrances(counter: Office, found: FoundAtCounter, now: datetime, lane: str) -> list[Refusal]:
    """Give what speaks against giving it out before anybody has been asked for papers."""
    refusals = check_collection(
        counter_id=counter.pk,
        card_id=found.card_id,
        relation=Collector.HOLDER,
        documents=list(Collection.Document.values),
        at=now,
        lane=lane,
    )
    return [refusal for refusal in refusals if refusal.code not in _ASKED_LATER]


def _told(refusal: DeliveryRefused | Refusal) -> str:
    """Say a refusal with plain words in the place of its codes."""
    params = dict(refusal.params)
    if "documents" in params:
        params["documents"] = str(params["documents"]).split(", ")
    if refusal.code == Code.NOT_RECEIVED:
        status = params["status"]
        return _ELSEWHERE % {"status": _PLACES.get(status) or words.word_of("delivery", status).label}
    if "reason" in params:
        reason = params["reason"]
        params["reason"] = str(_PLACES.get(reason) or words.word_of("disposition", reason).label)
    return refusal_text(DeliveryRefused(refusal.code, **params))


def _harmless(scanned: str) -> str:
    found = normalise(scanned)
    return mask_digits(found.value) if found.kind is NumberKind.NIK else scanned


def _page(
    request: StaffRequest,
    counter: Office,
    now: datetime,
    *,
    answer: ScanAnswer | None = None,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    """Show the desk; a scan that came from the page's own script gets only the part that changes."""
    context = {"answer": answer, "counter": counter, **extra}
    if request.htmx:
        return render(request, "web/counter/answer.html", context)
    today = local_day(office=counter, at=now)
    context |= {
        "appointments": list(_appointments(counter, today)),
        "places_left": places_left(office_id=counter.pk, lane=ORDINARY, day=today),
        "urgent_left": places_left(office_id=counter.pk, lane=URGENT, day=today),
        "conflicts": conflicts_visible_to(request.user).filter(settled_at__isnull=True).count(),
        "on_shelf": CounterStay.objects.filter(counter=counter, live=True).count(),
        "last": Collection.objects.filter(counter=counter, collected_by=request.user)
        .select_related("card")
        .defer(*SEALED, "collector_name")
        .order_by("-collected_at")[:LAST_COLLECTIONS],
    }
    return render(request, "web/counter/desk.html", context, status=status)


def _appointments(counter: Office, today: date) -> QuerySet[Appointment]:
    """Give today's appointments, with the shelf and whether the card was given out already."""
    card = OuterRef("card_id")
    return (
        Appointment.objects.filter(counter=counter, day=today, cancelled_at__isnull=True)
        .select_related("card")
        .defer(*SEALED)
        .annotate(
            given=Exists(Collection.objects.filter(card_id=card, undone_at__isnull=True)),
            shelf=Subquery(CounterStay.objects.filter(card_id=card, live=True).values("shelf")[:1]),
        )
        .order_by("given", "starts_at", "card__name", "pk")
    )
