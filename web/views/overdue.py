"""What a counter has kept too long and what is done about it; how old each shelf is; shelves and transfers as files."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Operation
from delivery.models import CounterStay
from delivery.overdue import keep_longer, overdue_stays, send_back, shelf_ages
from delivery.scope import stays_visible_to, transfers_visible_to
from delivery.sheets import ages_sheet, shelf_sheet, transfers_sheet
from delivery.village_lists import make_village_list
from web.access import StaffRequest, requires
from web.choosing import known_kind, sheet_answer, ticked, word
from web.filters import OverdueFilter
from web.forms import DateField, Styled
from web.lists import page_of
from web.messages import REFUSALS, tell_refusal
from web.villages import village_names

SEALED = ("card__nik", "card__kk", "card__phone")


class ActionForm(Styled, forms.Form):
    """What is done with the cards that are ticked."""

    what = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            ("village", gettext_lazy("give to the village officer")),
            ("registry", gettext_lazy("send back to the registry")),
            ("keep", gettext_lazy("keep longer")),
        ],
        widget=forms.RadioSelect,
    )
    until = DateField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy(
            "The village officer brings leftovers back by then; or the cards are kept until then."
        ),
    )
    officer = forms.CharField(
        label=gettext_lazy("Village officer (name and position)"), required=False, max_length=120
    )
    reason = forms.CharField(label=gettext_lazy("Reason for keeping longer"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen way needs."""
        data: dict[str, Any] = super().clean() or {}
        needed: Mapping[str, tuple[str, ...]] = {"village": ("until", "officer"), "keep": ("until", "reason")}
        for name in needed.get(data.get("what", ""), ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed here."))
        return data


@requires(Operation.SERVE_COUNTER)
def overdue(request: StaffRequest) -> HttpResponse:
    """List what was kept too long by counter and shelf, and act on the cards that are ticked."""
    form = ActionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _act(request, form.cleaned_data):
        return redirect(request.get_full_path())
    found = OverdueFilter(request.GET, queryset=_overdue(request), request=request)
    page = page_of(request, found.qs)
    names = village_names(stay.card.address.village_code for stay in page.object_list)
    context = {
        "filter": found,
        "page": page,
        "rows": [(stay, names[stay.card.address.village_code]) for stay in page.object_list],
        "form": form,
        "chosen": ticked(request),
    }
    return render(
        request, "web/counter/overdue.html", context, status=422 if request.method == "POST" else 200
    )


def _overdue(request: StaffRequest) -> QuerySet[CounterStay]:
    counters = set(stays_visible_to(request.user).order_by().values_list("counter_id", flat=True).distinct())
    rows = overdue_stays(counters=counters, at=timezone.now())
    return rows.select_related("card", "card__address", "counter").defer(*SEALED)


def _act(request: StaffRequest, data: dict[str, Any]) -> bool:
    """Do it at each counter of the chosen cards, all or nothing; say whether it was done."""
    chosen = stays_visible_to(request.user).filter(card_id__in=ticked(request), live=True)
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for counter_id, village, card_id in chosen.values_list(
        "counter_id", "card__address__village_code", "card_id"
    ):
        groups[counter_id, village if data["what"] == "village" else ""].append(card_id)
    if not groups:
        messages.error(request, _("Tick at least one card."))
        return False
    if data["what"] == "village" and len({village for _counter, village in groups}) > 1:
        messages.error(
            request, _("Tick cards of one village: each village's officer has a list of their own.")
        )
        return False
    try:
        with transaction.atomic():
            for (counter_id, village), card_ids in sorted(groups.items()):
                _act_at(request, data, counter_id, village, card_ids)
    except REFUSALS as refusal:
        tell_refusal(request, refusal)
        return False
    number = sum(len(card_ids) for card_ids in groups.values())
    told = ngettext("It was done with %(cards)s card.", "It was done with %(cards)s cards.", number)
    messages.success(request, told % {"cards": number_format(number)})
    return True


def _act_at(
    request: StaffRequest, data: dict[str, Any], counter_id: int, village: str, card_ids: list[int]
) -> None:
    who: dict[str, Any] = {"card_ids": card_ids, "actor_id": request.user.pk, "at": timezone.now()}
    if data["what"] == "village":
        make_village_list(
            office_id=counter_id,
            village_code=village,
            officer=data["officer"],
            return_by=data["until"],
            **who,
        )
    elif data["what"] == "registry":
        send_back(counter_id=counter_id, **who)
    else:
        keep_longer(counter_id=counter_id, until=data["until"], reason=data["reason"], **who)


@requires(Operation.SERVE_COUNTER)
def overdue_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send what was kept too long as CSV or XLSX; that it left is recorded."""
    known_kind(kind)
    rows = OverdueFilter(request.GET, queryset=_overdue(request), request=request).qs
    return sheet_answer(shelf_sheet(rows, words=word, actor_id=request.user.pk, at=timezone.now()), kind)


@requires(Operation.SERVE_COUNTER)
def ages(request: StaffRequest) -> HttpResponse:
    """Show how long the cards of each shelf have stood there."""
    rows = shelf_ages(counters=_counters(request), at=timezone.now())
    return render(request, "web/counter/ages.html", {"page": page_of(request, rows)})


@requires(Operation.SERVE_COUNTER)
def ages_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the ages of the shelves as CSV or XLSX."""
    known_kind(kind)
    now = timezone.now()
    return sheet_answer(ages_sheet(shelf_ages(counters=_counters(request), at=now), at=now), kind)


@requires(Operation.SERVE_COUNTER)
def shelf_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send what stands on the shelves as CSV or XLSX; that it left is recorded."""
    known_kind(kind)
    rows = stays_visible_to(request.user).filter(live=True).order_by("counter__name", "arrived_at", "pk")
    return sheet_answer(shelf_sheet(rows, words=word, actor_id=request.user.pk, at=timezone.now()), kind)


@requires(Operation.RECEIVE_RETURNS)
def transfers_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the list of transfers as CSV or XLSX."""
    known_kind(kind)
    rows = transfers_visible_to(request.user).order_by("-sent_at", "-pk")
    return sheet_answer(transfers_sheet(rows, at=timezone.now()), kind)


def _counters(request: StaffRequest) -> set[int]:
    return set(stays_visible_to(request.user).order_by().values_list("counter_id", flat=True).distinct())
