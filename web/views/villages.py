"""Village lists: bundle cards for a village's officer, print the list, write down what became of each card."""

from django import forms
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Operation
from addresses import gazetteer
from delivery.models import CounterStay, VillageListCard
from delivery.refusals import DeliveryRefused
from delivery.scope import village_lists_visible_to
from delivery.village_lists import VillageReport, VillageResult, make_village_list, report
from web.access import StaffRequest, office_of, requires
from web.forms import DateField, Styled
from web.lists import page_of
from web.messages import refusal_text


class VillageListForm(Styled, forms.Form):
    """Who takes the bundle of which village, and until when."""

    village_code = forms.ChoiceField(label=_("Village"))
    officer = forms.CharField(label=_("Village officer (name and position)"), max_length=120)
    return_by = DateField(label=_("Leftovers back by"))


@requires(Operation.MANAGE_VILLAGE_LISTS)
def village_lists(request: StaffRequest) -> HttpResponse:
    """List the bundles and offer a new one for each village whose cards wait here."""
    office = office_of(request.user)
    form = VillageListForm(request.POST or None)
    choice = form.fields["village_code"]
    assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - narrows the type
    waiting = _waiting_villages(office.pk)
    choice.choices = waiting
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = make_village_list(
                office_id=office.pk,
                village_code=form.cleaned_data["village_code"],
                card_ids=None,
                officer=form.cleaned_data["officer"],
                return_by=form.cleaned_data["return_by"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:village-list", list_id=made.pk)
    rows = village_lists_visible_to(request.user).select_related("office").order_by("-handed_at", "-pk")
    context = {"page": page_of(request, rows), "form": form, "refusal": refusal, "waiting": waiting}
    return render(request, "web/villages/lists.html", context)


@requires(Operation.MANAGE_VILLAGE_LISTS)
def village_list(request: StaffRequest, list_id: int) -> HttpResponse:
    """Show one bundle, to print and to report on."""
    bundle = get_object_or_404(village_lists_visible_to(request.user).select_related("office"), pk=list_id)
    written: VillageReport | None = None
    refusal = ""
    if request.method == "POST":
        today = timezone.localdate()
        results = [
            VillageResult(
                card_id=entry.card_id,
                result=said,
                relation="HOLDER" if said == VillageListCard.Result.GIVEN else "",
                on=today,
            )
            for entry in bundle.entries.all()
            if (said := request.POST.get(f"result-{entry.card_id}", "")) and said != entry.result
        ]
        try:
            written = report(
                village_list_id=bundle.pk, results=results, actor_id=request.user.pk, at=timezone.now()
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        bundle.refresh_from_db()
    entries = bundle.entries.select_related("card", "card__address").order_by("position")
    context = {
        "bundle": bundle,
        "village": _name(bundle.village_code),
        "entries": entries,
        "results": [r for r in VillageListCard.Result.choices if r[0] != VillageListCard.Result.OPEN],
        "written": written,
        "refusal": refusal,
    }
    return render(request, "web/villages/list.html", context, status=409 if refusal else 200)


def _waiting_villages(office_id: int) -> list[tuple[str, str]]:
    counts = (
        CounterStay.objects.filter(counter_id=office_id, live=True)
        .values_list("card__address__village_code")
        .annotate(cards=Count("pk"))
        .order_by("-cards")
    )
    return [(code, f"{_name(code)} ({cards})") for code, cards in counts if code]


def _name(village_code: str) -> str:
    region = gazetteer.load().region(village_code)
    return region.name if region is not None else village_code
