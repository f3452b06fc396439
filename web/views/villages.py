"""Village lists: bundle cards for a village's officer, print the list, write down what became of each card."""

from datetime import date
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.models import CounterStay, ReturnReceipt, VillageList, VillageListCard
from delivery.refusals import DeliveryRefused
from delivery.scope import village_lists_visible_to
from delivery.village_links import NewLink, live_link, make_link, revoke_link
from delivery.village_lists import (
    VillageReport,
    VillageResult,
    make_village_list,
    report,
    take_results_back,
)
from offices.models import Office
from web.access import StaffRequest, office_of, requires
from web.forms import DateField, Styled
from web.lists import page_of
from web.messages import refusal_text
from web.villages import village_name, village_names

Result = VillageListCard.Result
Decision = ReturnReceipt.Decision
# What may be chosen for a card: result and, when it was given, to whom.
CHOICES: tuple[tuple[str, Promise], ...] = (
    ("GIVEN:HOLDER", gettext_lazy("given to the holder")),
    ("GIVEN:FAMILY", gettext_lazy("given to the family")),
    ("NOT_FOUND:", gettext_lazy("not found")),
    ("RETURNED:", gettext_lazy("brought back to us")),
)
_CHOICES = frozenset(code for code, _label in CHOICES)


class VillageListForm(Styled, forms.Form):
    """Who takes the bundle of which village, and until when."""

    village_code = forms.ChoiceField(label=gettext_lazy("Village"))
    officer = forms.CharField(
        label=gettext_lazy("Village officer (name and position)"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    return_by = DateField(label=gettext_lazy("Leftovers back by"))

    def __init__(self, *args: Any, villages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["village_code"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - narrows the type
        choice.choices = villages


@requires(Operation.MANAGE_VILLAGE_LISTS)
def village_lists(request: StaffRequest) -> HttpResponse:
    """List the bundles and offer a new one for each village whose cards wait here."""
    office = office_of(request.user)
    waiting = _waiting_villages(office)
    form = VillageListForm(request.POST or None, villages=waiting)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = _make(request, office, form.cleaned_data)
            except DeliveryRefused as error:
                refusal, status = refusal_text(error), 409
            else:
                return redirect("web:village-list", list_id=made.pk)
    rows = village_lists_visible_to(request.user).select_related("office").order_by("-handed_at", "-pk")
    page = page_of(request, rows)
    names = village_names(row.village_code for row in page.object_list)
    context = {
        "page": page,
        "lists": [(row, names[row.village_code]) for row in page.object_list],
        "form": form,
        "refusal": refusal,
        "waiting": waiting,
        "today": timezone.localdate(),
    }
    return render(request, "web/villages/lists.html", context, status=status)


def _make(request: StaffRequest, office: Office, typed: dict[str, Any]) -> VillageList:
    return make_village_list(
        office_id=office.pk,
        village_code=typed["village_code"],
        card_ids=None,
        officer=typed["officer"],
        return_by=typed["return_by"],
        actor_id=request.user.pk,
        at=timezone.now(),
    )


@requires(Operation.MANAGE_VILLAGE_LISTS)
def village_list(request: StaffRequest, list_id: int) -> HttpResponse:
    """Show one bundle, to print and to report on."""
    bundle = _bundle_of(request, list_id)
    refusal, chosen = "", {}
    if request.method == "POST":
        try:
            if "take_back" in request.POST:
                refusal = _take_back(request, bundle)
            else:
                chosen = _chosen(request, _entries(bundle))
                refusal = _write(request, bundle, chosen)
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        if not refusal:
            return redirect("web:village-list", list_id=bundle.pk)
    return _page(request, bundle, refusal=refusal, chosen=chosen)


@requires(Operation.MANAGE_VILLAGE_LISTS)
@require_POST
def village_link(request: StaffRequest, list_id: int) -> HttpResponse:
    """Make the officer's link, shown and printed this once, or revoke it."""
    bundle = _bundle_of(request, list_id)
    now = timezone.now()
    if "revoke" in request.POST:
        if revoke_link(village_list_id=bundle.pk, actor_id=request.user.pk, at=now):
            messages.success(request, _("The link does not work any more."))
        return redirect("web:village-list", list_id=bundle.pk)
    try:
        made = make_link(village_list_id=bundle.pk, actor_id=request.user.pk, at=now)
    except DeliveryRefused as error:
        return _page(request, bundle, refusal=refusal_text(error), chosen={})
    response = _page(request, bundle, refusal="", chosen={}, made=made)
    response["Cache-Control"] = "no-store"  # the link is told once
    return response


def _bundle_of(request: StaffRequest, list_id: int) -> VillageList:
    return get_object_or_404(village_lists_visible_to(request.user).select_related("office"), pk=list_id)


def _page(
    request: StaffRequest,
    bundle: VillageList,
    *,
    refusal: str,
    chosen: dict[int, str],
    made: NewLink | None = None,
) -> HttpResponse:
    entries = _entries(bundle)
    today = timezone.localdate()
    closed_today = bundle.closed_at is not None and timezone.localdate(bundle.closed_at) == today
    context = {
        "bundle": bundle,
        "village": village_name(bundle.village_code),
        "entries": [(entry, chosen.get(entry.card_id, "")) for entry in entries],
        "open": any(_is_open(entry) for entry in entries),
        "may_take_back": bundle.closed_at is None or closed_today,
        "choices": CHOICES,
        "refusal": refusal,
        "link": live_link(village_list_id=bundle.pk, at=timezone.now()),
        "may_link": bundle.closed_at is None and bundle.return_by >= today,
        "made": made,
        "qr": segno.make_qr(made.url, error="m").svg_data_uri(scale=4) if made is not None else "",
    }
    return render(request, "web/villages/list.html", context, status=409 if refusal else 200)


def _take_back(request: StaffRequest, bundle: VillageList) -> str:
    card = request.POST.get("take_back", "")
    taken = take_results_back(
        village_list_id=bundle.pk,
        card_ids=[int(card)] if card.isascii() and card.isdigit() and len(card) < 19 else [],
        actor_id=request.user.pk,
        at=timezone.now(),
    )
    return "" if taken else _("Choose a result for at least one card.")


def _entries(bundle: VillageList) -> QuerySet[VillageListCard]:
    rows = bundle.entries.select_related("card", "card__address").order_by("position")
    return rows.defer("card__nik", "card__kk", "card__phone")


def _is_open(entry: VillageListCard) -> bool:
    return entry.result in (Result.OPEN, Result.NOT_FOUND)


def _chosen(request: HttpRequest, entries: QuerySet[VillageListCard]) -> dict[int, str]:
    """Read what was chosen for each card; a choice for the rest goes to those that nobody has reported yet."""
    rest = request.POST.get("rest", "")
    chosen = {}
    for entry in entries:
        if not _is_open(entry):
            continue
        said = request.POST.get(f"result-{entry.card_id}", "") or (
            rest if entry.result == Result.OPEN else ""
        )
        if said in _CHOICES:
            chosen[entry.card_id] = said
    return chosen


def _write(request: StaffRequest, bundle: VillageList, chosen: dict[int, str]) -> str:
    """Write the report; give a sentence when there is nothing to write."""
    if not chosen:
        return _("Choose a result for at least one card.")
    written = report(
        village_list_id=bundle.pk,
        results=[_result(card_id, said, timezone.localdate()) for card_id, said in chosen.items()],
        actor_id=request.user.pk,
        at=timezone.now(),
    )
    messages.success(request, _summary(written))
    return ""


def _result(card_id: int, said: str, on: date) -> VillageResult:
    result, _colon, relation = said.partition(":")
    return VillageResult(card_id=card_id, result=result, relation=relation, on=on)


def _summary(written: VillageReport) -> str:
    return _("Given %(given)s, not found %(missing)s, brought back %(back)s; %(out)s still out.") % {
        "given": written.given,
        "missing": written.not_found,
        "back": written.returned,
        "out": written.still_out,
    }


def _waiting_villages(office: Office) -> list[tuple[str, str]]:
    """Give the villages whose cards stand on this shelf or, at a registry, came back to it, the most cards first."""
    village = "card__address__village_code"
    shelved = CounterStay.objects.filter(counter=office, live=True)
    back = ReturnReceipt.objects.filter(
        office=office,
        card__disposition="REGISTERED",
        card__delivery__status="RETURN_RECEIVED",
        decision__in=[Decision.UNDECIDED, Decision.COUNTER, Decision.VILLAGE],
    )
    counts: dict[str, int] = {}
    for rows in (shelved, back):
        for code, cards in rows.order_by().values_list(village).annotate(Count("card", distinct=True)):
            counts[code] = counts.get(code, 0) + cards
    names = village_names(counts)
    ordered = sorted(((cards, code) for code, cards in counts.items() if code), reverse=True)
    return [(code, f"{names[code]} ({cards})") for cards, code in ordered]
