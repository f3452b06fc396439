"""Decide about what came back: by hand, some at once; send to another address; the registry's own list."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from addresses.services import corrections_of
from delivery.deciding import REGISTRY_REASONS, Decision, decide_returns
from delivery.models import ReturnReceipt
from delivery.open_requests import with_open_requests
from delivery.registry_list import sign_off, take_off_registry_list
from delivery.resending import resume_sending, send_to_other_address
from delivery.scope import returns_visible_to
from delivery.sheets import registry_sheet, returns_sheet
from web.access import StaffRequest, office_of, requires
from web.choosing import known_kind, sheet_answer, ticked, word
from web.filters import RegistryListFilter, ReturnFilter
from web.forms import Styled
from web.lists import page_of
from web.messages import REFUSALS, refusal_text, tell_refusal

SEALED = ("card__nik", "card__kk", "card__phone")
BY_HAND = (
    Decision.COUNTER,
    Decision.SEND_AGAIN,
    Decision.ADDRESS,
    Decision.VILLAGE,
    Decision.REGISTRY,
    Decision.REPRINT,
)


class OtherAddressForm(Styled, forms.Form):
    """The address that the holder has chosen."""

    alamat = forms.CharField(label=gettext_lazy("Street and number"), max_length=250)
    rt_rw = forms.CharField(label=gettext_lazy("RT/RW"), required=False, max_length=40)
    desa_kelurahan = forms.CharField(label=gettext_lazy("Village"), max_length=100)
    kecamatan = forms.CharField(label=gettext_lazy("District"), max_length=100)
    kabupaten = forms.CharField(label=gettext_lazy("Regency or city"), max_length=100)
    kode_pos = forms.CharField(label=gettext_lazy("Postcode"), required=False, max_length=10)


@requires(Operation.ROUTE_RETURNS)
def decisions(request: StaffRequest) -> HttpResponse:
    """List the returns, those that wait first of all, and decide about those that are ticked."""
    if request.method == "POST":
        _decide(request)
        return redirect(request.get_full_path())
    found = ReturnFilter(request.GET or {"decision": "UNDECIDED"}, queryset=_returns(request))
    context = {
        "filter": found,
        "page": page_of(request, found.qs.order_by("-received_at", "-pk")),
        "choices": [(each.value, word("return_decision", each.value)) for each in BY_HAND],
    }
    return render(request, "web/returns/decisions.html", context)


def _decide(request: StaffRequest) -> None:
    chosen = ticked(request)
    if not chosen:
        messages.error(request, _("Tick at least one card."))
        return
    visible = _returns(request).filter(card_id__in=chosen).values_list("card_id", flat=True)
    try:
        decided = decide_returns(
            office_id=office_of(request.user).pk,
            card_ids=list(visible),
            decision=request.POST.get("decision", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as refusal:
        tell_refusal(request, refusal)
        return
    messages.success(request, _("%(cards)s cards were decided.") % {"cards": number_format(decided)})
    if decided < len(chosen):
        left = number_format(len(chosen) - decided)
        messages.warning(
            request, _("%(cards)s cards still wait: see their address, hold and counter.") % {"cards": left}
        )


@requires(Operation.ROUTE_RETURNS)
@require_POST
def resume(request: StaffRequest) -> HttpResponse:
    """Send on the cards whose addresses the review desk has decided."""
    resumed = resume_sending(
        office_id=office_of(request.user).pk, actor_id=request.user.pk, at=timezone.now()
    )
    messages.success(
        request,
        _("%(sent)s cards are sent again, %(given_up)s wait for a decision.")
        % {"sent": number_format(resumed.sent_again), "given_up": number_format(resumed.given_up)},
    )
    return redirect("web:returns-decide")


@requires(Operation.ROUTE_RETURNS)
def other_address(request: StaffRequest, reference: str) -> HttpResponse:
    """Send a return to another address of the same regency."""
    waiting = _returns(request).filter(decision__in=[Decision.UNDECIDED, Decision.ADDRESS])
    row = get_object_or_404(waiting.select_related("card__address"), card__reference=reference)
    form = OtherAddressForm(request.POST or None, initial=_typed(row))
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            queued = send_to_other_address(
                office_id=office_of(request.user).pk,
                card_id=row.card_id,
                address=form.cleaned_data,
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            told = (
                _("The card is in the backlog again.")
                if queued
                else _("The address waits at the review desk.")
            )
            messages.success(request, told)
            return redirect("web:returns-decide")
    context = {"form": form, "refusal": refusal, "row": row}
    return render(request, "web/returns/other_address.html", context, status=409 if refusal else 200)


def _typed(row: ReturnReceipt) -> dict[str, str]:
    address = row.card.address
    typed = {name: getattr(address, name) for name in OtherAddressForm.base_fields}
    return {**typed, **corrections_of(address_ids=[address.pk]).get(address.pk, {})}


@requires(Operation.RECEIVE_RETURNS)
def export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the filtered returns as CSV or XLSX; that they left is recorded."""
    rows = ReturnFilter(request.GET, queryset=returns_visible_to(request.user)).qs.order_by(
        "-received_at", "-pk"
    )
    known_kind(kind)
    return sheet_answer(returns_sheet(rows, words=word, actor_id=request.user.pk, at=timezone.now()), kind)


# the registry's own list


@requires(Operation.ROUTE_RETURNS)
def registry_list(request: StaffRequest) -> HttpResponse:
    """List who died, moved away or never came; sign entries off, or let them wait for a decision again."""
    if request.method == "POST":
        _act_on_registry_list(request)
        return redirect(request.get_full_path())
    found = RegistryListFilter(request.GET or {"state": "open"}, queryset=_registry_rows(request))
    context = {
        "filter": found,
        "page": page_of(request, found.qs),
        "open": _registry_rows(request)
        .filter(signed_off_at__isnull=True, card__disposition="REGISTERED")
        .count(),
        "signable": REGISTRY_REASONS,
        "query": (request.GET.urlencode() or "state=open"),
    }
    return render(request, "web/returns/registry_list.html", context)


def _act_on_registry_list(request: StaffRequest) -> None:
    chosen = ticked(request)
    if not chosen:
        messages.error(request, _("Tick at least one card."))
        return
    who: dict[str, Any] = {
        "office_id": office_of(request.user).pk,
        "card_ids": list(
            _registry_rows(request).filter(card_id__in=chosen).values_list("card_id", flat=True)
        ),
        "actor_id": request.user.pk,
        "at": timezone.now(),
    }
    try:
        if request.POST.get("what") == "sign-off":
            done = sign_off(**who)
            told = _("%(cards)s entries were signed off; their cards are void.")
        else:
            done = take_off_registry_list(reason="", **who)
            told = _("%(cards)s cards wait for a decision again.")
    except REFUSALS as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, told % {"cards": number_format(done)})


@requires(Operation.ROUTE_RETURNS)
def registry_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the registry's list with NIK, for its own system; every person on it is recorded."""
    known_kind(kind)
    rows = RegistryListFilter(request.GET, queryset=_registry_rows(request)).qs
    return sheet_answer(registry_sheet(rows, words=word, actor_id=request.user.pk, at=timezone.now()), kind)


def _returns(request: StaffRequest) -> QuerySet[ReturnReceipt]:
    rows = with_open_requests(returns_visible_to(request.user))
    return rows.select_related("card", "card__address", "office", "counter").defer(*SEALED)


def _registry_rows(request: StaffRequest) -> QuerySet[ReturnReceipt]:
    rows = returns_visible_to(request.user).filter(decision=Decision.REGISTRY)
    return rows.select_related("card", "signed_off_by").defer(*SEALED).order_by("received_at", "pk")
