"""Lists of cards to destroy: make one, sign it as one of two officers, print its record."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.destruction_paper import write_destruction_pdf
from delivery.destructions import (
    cancel_destruction,
    cards_to_destroy,
    open_destruction,
    sign_destruction,
    take_signature_back,
)
from delivery.models import Destruction
from delivery.refusals import DeliveryRefused
from delivery.scope import destructions_visible_to
from web.access import StaffRequest, office_of, requires
from web.choosing import ticked
from web.forms import Styled
from web.lists import file_answer, page_of, temporary_file
from web.messages import refusal_text, tell_refusal

Kind = Destruction.Kind


# The kind of a list in its page's address.
KINDS: Mapping[str, Destruction.Kind] = {"kartu": Kind.CARDS, "lama": Kind.OLD_CARDS}


class SignForm(Styled, forms.Form):
    """A signature: the officer has counted."""

    counted = forms.IntegerField(label=gettext_lazy("Cards counted"), min_value=0, max_value=1_000_000)


@requires(Operation.DESTROY_CARDS)
def destructions(request: StaffRequest) -> HttpResponse:
    """List the office's lists, and how many cards wait to be put on one."""
    office = office_of(request.user)
    rows = destructions_visible_to(request.user).select_related("office")
    waiting = [(kind, len(cards_to_destroy(office_id=office.pk, kind=kind))) for kind in Kind]
    return render(request, "web/destructions/list.html", {"page": page_of(request, rows), "waiting": waiting})


@requires(Operation.DESTROY_CARDS)
def new(request: StaffRequest, kind: str) -> HttpResponse:
    """Show what may be put on a list of this kind, and make one of what is ticked."""
    chosen_kind = KINDS.get(kind)
    if chosen_kind is None:
        raise Http404
    office = office_of(request.user)
    if request.method == "POST":
        try:
            made = open_destruction(
                office_id=office.pk,
                kind=chosen_kind,
                card_ids=None if "all" in request.POST else ticked(request),
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except DeliveryRefused as refusal:
            tell_refusal(request, refusal)
            return redirect(request.get_full_path())
        return redirect("web:destruction", destruction_id=made.pk)
    rows = cards_to_destroy(office_id=office.pk, kind=chosen_kind)
    context = {"page": page_of(request, rows), "kind": chosen_kind, "total": len(rows)}
    return render(request, "web/destructions/new.html", context)


@requires(Operation.DESTROY_CARDS)
def destruction(request: StaffRequest, destruction_id: int) -> HttpResponse:
    """Show one list and take a signature."""
    row = _of(request, destruction_id)
    form = SignForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            signed = sign_destruction(
                destruction_id=row.pk,
                counted=form.cleaned_data["counted"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        else:
            done = signed.second_signed_at is not None
            messages.success(
                request, _("The cards are destroyed.") if done else _("You have signed the list.")
            )
            return redirect("web:destruction", destruction_id=row.pk)
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "refusal": refusal,
        "is_open": row.second_signed_at is None and row.cancelled_at is None,
        "mine": row.first_signed_by_id == request.user.pk,
        "page": page_of(
            request,
            row.entries.select_related("card").defer("card__nik", "card__kk", "card__phone").order_by("pk"),
        ),
    }
    return render(request, "web/destructions/destruction.html", context, status=409 if refusal else 200)


@requires(Operation.DESTROY_CARDS)
@require_POST
def back(request: StaffRequest, destruction_id: int) -> HttpResponse:
    """Take the first signature back."""
    row = _of(request, destruction_id)
    try:
        take_signature_back(destruction_id=row.pk, actor_id=request.user.pk, at=timezone.now())
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("The signature was taken back."))
    return redirect("web:destruction", destruction_id=row.pk)


@requires(Operation.DESTROY_CARDS)
@require_POST
def cancel(request: StaffRequest, destruction_id: int) -> HttpResponse:
    """Cancel a list that nobody has signed a second time."""
    row = _of(request, destruction_id)
    try:
        cancel_destruction(
            destruction_id=row.pk,
            reason=request.POST.get("reason", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("The list was cancelled."))
    return redirect("web:destruction", destruction_id=row.pk)


@requires(Operation.DESTROY_CARDS)
def record_pdf(request: StaffRequest, destruction_id: int) -> HttpResponseBase:
    """Send the record of the destruction as PDF."""
    row = _of(request, destruction_id)
    output = temporary_file()
    write_destruction_pdf(output, destruction=row)
    return file_answer(output, name=f"{row.number}.pdf", content_type="application/pdf")


def _of(request: StaffRequest, destruction_id: int) -> Destruction:
    rows = destructions_visible_to(request.user).select_related(
        "office", "first_signed_by", "second_signed_by"
    )
    return get_object_or_404(rows, pk=destruction_id)
