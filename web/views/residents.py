"""What residents ask of the office: wishes about a card, and corrections of addresses with their clock."""

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from addresses.services import corrections_of, printed_lines
from delivery.address_requests import decide_correction, due_at, fields_of
from delivery.choices import settle_wish
from delivery.models import AddressRequest
from delivery.refusals import DeliveryRefused
from delivery.scope import address_requests_visible_to, wishes_visible_to
from delivery.wishes import grant_wish
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.lists import page_of
from web.messages import REFUSALS, refusal_text, tell_refusal
from web.resident_words import ADDRESS_FIELDS
from web.villages import VillageName, find_villages

SEALED = ("card__nik", "card__kk", "card__phone")  # not needed here, so not unsealed


class AnswerForm(Styled, forms.Form):
    """Accept or decline what a resident asks, and say why."""

    decision = forms.ChoiceField(choices=[("accept", ""), ("decline", "")])
    answer = forms.CharField(
        label=gettext_lazy("What the resident reads"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Needed to decline. Write no NIK, address or phone number."),
    )


class CorrectionForm(AnswerForm):
    """Accept or decline a correction, in the village that was chosen."""

    village_code = forms.CharField(required=False, max_length=13)


@requires(Operation.ANSWER_ENQUIRIES)
def wishes(request: StaffRequest) -> HttpResponse:
    """List the wishes that wait, the oldest first."""
    waiting = wishes_visible_to(request.user).filter(settled_at__isnull=True)
    rows = waiting.select_related("card__delivery", "counter").defer(*SEALED).order_by("wished_at", "pk")
    may_grant = may(request.user, Operation.ROUTE_RETURNS)
    return render(
        request, "web/residents/wishes.html", {"page": page_of(request, rows), "may_grant": may_grant}
    )


@requires(Operation.ROUTE_RETURNS)
@require_POST
def wish_grant(request: StaffRequest, reference: str) -> HttpResponse:
    """Let the card go where its holder wishes."""
    wish = get_object_or_404(wishes_visible_to(request.user), card__reference=reference)
    try:
        grant_wish(
            card_id=wish.pk, office_id=office_of(request.user).pk, actor_id=request.user.pk, at=timezone.now()
        )
    except REFUSALS as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("The card goes where its holder wishes; the lists of transfers have it."))
    return redirect("web:wishes")


@requires(Operation.ANSWER_ENQUIRIES)
def wish_settle(request: StaffRequest, reference: str) -> HttpResponse:
    """Answer a wish that was done otherwise, or decline it, saying why."""
    rows = wishes_visible_to(request.user).select_related("card__delivery", "counter").defer(*SEALED)
    wish = get_object_or_404(rows, card__reference=reference)
    form = AnswerForm(request.POST or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                settle_wish(
                    card_id=wish.pk,
                    granted=form.cleaned_data["decision"] == "accept",
                    answer=form.cleaned_data["answer"],
                    actor_id=request.user.pk,
                    at=timezone.now(),
                )
            except DeliveryRefused as error:
                refusal, status = refusal_text(error), 409
            else:
                messages.success(request, _("The wish was answered, and the resident is told."))
                return redirect("web:wishes")
    context = {"row": wish, "form": form, "refusal": refusal}
    return render(request, "web/residents/wish.html", context, status=status)


@requires(Operation.REVIEW_ADDRESSES)
def corrections(request: StaffRequest) -> HttpResponse:
    """List the corrections that wait, the oldest first, then those that were decided."""
    rows = address_requests_visible_to(request.user).select_related("card").defer(*SEALED)
    page = page_of(request, rows.order_by(F("decided_at").asc(nulls_first=True), "asked_at", "pk"))
    shown = [(row, due_at(row)) for row in page.object_list]
    return render(
        request, "web/residents/corrections.html", {"page": page, "rows": shown, "now": timezone.now()}
    )


@requires(Operation.REVIEW_ADDRESSES)
def correction(request: StaffRequest, request_id: int) -> HttpResponse:
    """Show what is on record beside what the resident wrote, and take the decision."""
    rows = address_requests_visible_to(request.user).select_related("card__address").defer(*SEALED)
    row = get_object_or_404(rows, pk=request_id)
    form = CorrectionForm(request.POST or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _decide(request, row, form)
            except REFUSALS as error:
                refusal, status = refusal_text(error), 409
            else:
                return redirect("web:corrections")
    asked = fields_of(row)
    find = request.GET.get("find", asked.get("desa_kelurahan", ""))
    address = row.card.address
    recorded = corrections_of(address_ids=[address.pk]).get(address.pk, {})
    due = due_at(row)
    context = {
        "row": row,
        "due": due,
        "late": row.decided_at is None and due < timezone.now(),
        "recorded": printed_lines(address, recorded),
        "asked": [(ADDRESS_FIELDS[name], text) for name, text in asked.items()],
        "find": find,
        "found": _villages(find, office_of(request.user).region_code),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "web/residents/correction.html", context, status=status)


def _villages(name: str, region_code: str) -> list[VillageName]:
    """Give the villages of that name inside the office's region: a correction stays there."""
    found = find_villages(name=name, near=region_code)
    return [village for village in found if village.code.startswith(f"{region_code}.")]


def _decide(request: StaffRequest, row: AddressRequest, form: CorrectionForm) -> None:
    accept = form.cleaned_data["decision"] == "accept"
    deliverable = decide_correction(
        request_id=row.pk,
        accept=accept,
        answer=form.cleaned_data["answer"],
        village_code=form.cleaned_data["village_code"] if accept else "",
        actor_id=request.user.pk,
        at=timezone.now(),
    )
    messages.success(request, _("The correction was decided, and the resident is told."))
    if not deliverable:
        messages.warning(
            request, _("The check does not find the address yet: it waits at the address review.")
        )
