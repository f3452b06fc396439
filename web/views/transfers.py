"""Transfers between offices: what is on its way, both sides' counts, the list that goes with it, and its cases."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Operation
from delivery.models import Transfer, TransferDifference
from delivery.refusals import DeliveryRefused
from delivery.scope import transfer_cases_settled_by, transfer_cases_visible_to, transfers_visible_to
from delivery.transfer_counts import assign_transfer_case, count_packed, finish_count, settle_transfer_case
from delivery.transfer_paper import KINDS, write_transfer_list
from delivery.transfers import TransferReceipt, receive_transfer
from web.access import StaffRequest, requires
from web.choosing import ticked
from web.filters import TransferCaseFilter
from web.forms import SettleForm, Styled
from web.lists import file_answer, page_of, temporary_file
from web.messages import refusal_text, tell_refusal
from web.scans import ScanAnswer, bad, good, warning
from web.views.papers import TYPES

SCAN_LENGTH = 200
MISSING_LENGTH = 10_000
MOST_CARDS = 1_000_000
SEALED = ("card__nik", "card__kk", "card__phone")  # not needed here, so not unsealed


class PackForm(Styled, forms.Form):
    """What the sender counted, and the cards of the list that were not there."""

    counted = forms.IntegerField(
        label=gettext_lazy("Cards packed"), min_value=0, max_value=MOST_CARDS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    missing = forms.CharField(
        label=gettext_lazy("Cards that are not there"), required=False, max_length=MISSING_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=gettext_lazy("Their references, one after the other. Each becomes a case of yours."),
    )  # fmt: skip


class CountForm(Styled, forms.Form):
    """How many have come in all, and where those that were not scanned are put."""

    counted = forms.IntegerField(
        label=gettext_lazy("Cards that have come in all"), min_value=0, max_value=MOST_CARDS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    shelf = forms.CharField(
        label=gettext_lazy("Shelf of those that were not scanned"), required=False, max_length=16
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="count_%s", **kwargs)


@requires(Operation.RECEIVE_RETURNS)
def transfers(request: StaffRequest) -> HttpResponse:
    """List transfers to and from the office."""
    rows = transfers_visible_to(request.user).select_related("from_office", "to_office")
    page = page_of(request, rows.order_by("-sent_at", "-pk"))
    return render(request, "web/transfers/list.html", {"page": page, "cases": _open_cases(request)})


@requires(Operation.RECEIVE_RETURNS)
def transfer(request: StaffRequest, transfer_id: int) -> HttpResponse:
    """Show a transfer and take it in, card by card as they are scanned."""
    row = _transfer_of(request, transfer_id)
    scanned = request.POST.get("scanned", "")[:SCAN_LENGTH].split()
    answer = None
    if request.method == "POST" and scanned and row.to_office_id == request.user.office_id:
        shelf = request.POST.get("shelf", "").strip()[:16]
        answer = _take_in(request.user, row, scanned=scanned, shelf=shelf)
        row = _transfer_of(request, transfer_id)
    if request.htmx:
        return render(request, "web/transfers/result.html", _context(request, row, answer))
    return _page(request, row, answer=answer)


@requires(Operation.RECEIVE_RETURNS)
@require_POST
def pack(request: StaffRequest, transfer_id: int) -> HttpResponse:
    """Write down what this office, the sender, has counted."""
    row = get_object_or_404(_transfers(request), pk=transfer_id, from_office_id=request.user.office_id)
    form = PackForm(request.POST)
    if not form.is_valid():
        return _page(request, row, pack_form=form, status=422)
    try:
        count_packed(
            transfer_id=row.pk,
            counted=form.cleaned_data["counted"],
            missing=form.cleaned_data["missing"].split(),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except DeliveryRefused as error:
        return _page(request, row, pack_form=form, refusal=refusal_text(error), status=409)
    messages.success(request, _("The count was written down. Print the list and put it with the cards."))
    return redirect("web:transfer", transfer_id=row.pk)


@requires(Operation.RECEIVE_RETURNS)
@require_POST
def count(request: StaffRequest, transfer_id: int) -> HttpResponse:
    """Complete the count of this office, the receiver: the rest has come, or is missing."""
    row = get_object_or_404(_transfers(request), pk=transfer_id, to_office_id=request.user.office_id)
    form = CountForm(request.POST)
    if not form.is_valid():
        return _page(request, row, count_form=form, status=422)
    try:
        receipt = finish_count(
            transfer_id=row.pk,
            counted=form.cleaned_data["counted"],
            shelf=form.cleaned_data["shelf"],
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except DeliveryRefused as error:
        return _page(request, row, count_form=form, refusal=refusal_text(error), status=409)
    missing = len(receipt.missing)
    if missing:
        told = ngettext(
            "%(cards)s card is missing: the sender's officer looks for it.",
            "%(cards)s cards are missing: the sender's officer looks for them.",
            missing,
        )
        messages.warning(request, told % {"cards": missing})
    else:
        messages.success(request, _("All cards of this transfer have arrived."))
    return redirect("web:transfer", transfer_id=row.pk)


@requires(Operation.RECEIVE_RETURNS)
def transfer_list(request: StaffRequest, transfer_id: int, kind: str) -> HttpResponseBase:
    """Send the list that goes with the cards, as PDF or XLSX; that it left is recorded."""
    if kind not in KINDS:
        raise Http404
    row = _transfer_of(request, transfer_id)
    output = temporary_file()
    write_transfer_list(output, transfer=row, kind=kind, actor_id=request.user.pk, at=timezone.now())
    return file_answer(output, name=f"{row.number}.{kind}", content_type=TYPES[kind])


def _transfers(request: StaffRequest) -> QuerySet[Transfer]:
    return transfers_visible_to(request.user).select_related(
        "from_office", "to_office", "sent_by", "packed_by", "received_by"
    )


def _transfer_of(request: StaffRequest, transfer_id: int) -> Transfer:
    return get_object_or_404(_transfers(request), pk=transfer_id)


def _context(request: StaffRequest, row: Transfer, answer: ScanAnswer | None) -> dict[str, Any]:
    cards = row.cards.select_related("card").defer(*SEALED)
    page = page_of(request, cards.order_by(F("live").asc(nulls_last=True), "card__name", "pk"))
    cases = TransferDifference.objects.filter(transfer=row, closed_at__isnull=True)
    of_page = cases.filter(card_id__in=[entry.card_id for entry in page.object_list])
    return {
        "transfer": row,
        "answer": answer,
        "page": page,
        "missed": dict(of_page.values_list("card_id", "kind")),
        "open_cases": cases.count(),
    }


def _page(
    request: StaffRequest,
    row: Transfer,
    *,
    answer: ScanAnswer | None = None,
    pack_form: PackForm | None = None,
    count_form: CountForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    sends, takes = (
        request.user.office_id == office_id for office_id in (row.from_office_id, row.to_office_id)
    )
    may_pack = sends and not (row.packed_at or row.received_at or row.closed_at)
    on_the_way = row.cards.filter(live=True, card__disposition="REGISTERED").count()
    place = request.POST.get("shelf", "").strip()[:16]
    context = {
        **_context(request, row, answer),
        "may_scan": takes and on_the_way > 0,
        "pack_form": (pack_form or PackForm()) if may_pack else None,
        "count_form": (count_form or CountForm(initial={"shelf": place})) if takes and not row.closed_at else None,
        "shelf": place,
        "refusal": refusal,
    }  # fmt: skip
    return render(request, "web/transfers/transfer.html", context, status=status)


def _take_in(user: User, row: Transfer, *, scanned: list[str], shelf: str) -> ScanAnswer:
    shown = ", ".join(scanned)
    try:
        receipt = receive_transfer(
            transfer_id=row.pk, references=scanned, shelf=shelf, actor_id=user.pk, at=timezone.now()
        )
    except DeliveryRefused as refusal:
        return bad(word=_("Stop"), scanned=shown, detail=refusal_text(refusal))
    return _arrived(receipt, shelf=shelf, shown=shown)


def _arrived(receipt: TransferReceipt, *, shelf: str, shown: str) -> ScanAnswer:
    left = len(receipt.missing)
    waiting = (
        ngettext("%(left)s card is still on the way.", "%(left)s cards are still on the way.", left)
        % {"left": left}
        if left
        else _("All cards of this transfer have arrived.")
    )
    if receipt.misread:
        return bad(word=_("Read wrongly: scan again"), scanned=", ".join(receipt.misread), detail=waiting)
    if receipt.extra:
        strays = _("Not on this list, put aside: %(cards)s.") % {"cards": ", ".join(receipt.extra)}
        word = (
            _("%(arrived)s taken in, others not") % {"arrived": receipt.arrived}
            if receipt.arrived
            else _("Not on this list")
        )
        return bad(word=word, scanned=shown, detail=f"{strays} {waiting}")
    if not receipt.arrived:
        return warning(word=_("Already taken in"), scanned=shown, detail=waiting)
    word = _("On shelf %(shelf)s") % {"shelf": shelf} if shelf else _("Taken in")
    return good(word=word, scanned=shown, detail=waiting)


# cases


@requires(Operation.RECEIVE_RETURNS)
def cases(request: StaffRequest) -> HttpResponse:
    """List the cards that a side of a transfer missed or found besides; the open cases first."""
    rows = transfer_cases_visible_to(request.user).select_related(
        "transfer__from_office", "transfer__to_office", "card", "owner"
    )
    found = TransferCaseFilter(request.GET or {"state": "open"}, queryset=rows.defer(*SEALED))
    page = page_of(request, found.qs.order_by(F("closed_at").asc(nulls_first=True), "opened_at", "pk"))
    mine = transfer_cases_settled_by(request.user).filter(pk__in=[case.pk for case in page.object_list])
    context = {
        "filter": found,
        "page": page,
        "mine": set(mine.values_list("pk", flat=True)),
        "owners": _owners(request),
        "cases": _open_cases(request),
    }
    return render(request, "web/transfers/cases.html", context)


@requires(Operation.RECEIVE_RETURNS)
@require_POST
def case_assign(request: StaffRequest, case_id: int) -> HttpResponse:
    """Give a case to somebody of the office."""
    case = get_object_or_404(transfer_cases_settled_by(request.user), pk=case_id)
    chosen = ticked(request, "owner")
    owner = _owners(request).filter(pk__in=chosen).first() if len(chosen) == 1 else None
    if owner is None:
        messages.error(request, _("Choose a person of this office."))
        return redirect("web:transfer-cases")
    try:
        assign_transfer_case(case_id=case.pk, owner_id=owner.pk, actor_id=request.user.pk, at=timezone.now())
    except DeliveryRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The case belongs to %(owner)s now.") % {"owner": owner.username})
    return redirect("web:transfer-cases")


@requires(Operation.RECEIVE_RETURNS)
@require_POST
def case_settle(request: StaffRequest, case_id: int) -> HttpResponse:
    """Close a case by saying what became of the card."""
    case = get_object_or_404(transfer_cases_settled_by(request.user), pk=case_id)
    form = SettleForm(request.POST)
    resolution = form.cleaned_data["resolution"] if form.is_valid() else ""
    try:
        settle_transfer_case(
            case_id=case.pk, resolution=resolution, actor_id=request.user.pk, at=timezone.now()
        )
    except DeliveryRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The case was settled."))
    return redirect("web:transfer-cases")


def _open_cases(request: StaffRequest) -> int:
    return transfer_cases_visible_to(request.user).filter(closed_at__isnull=True).count()


def _owners(request: StaffRequest) -> QuerySet[User]:
    return User.objects.filter(office=request.user.office, is_active=True).order_by("username")
