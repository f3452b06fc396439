"""The forecast: when the queue of each post office is posted, what more capacity would change, and one card's day."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.permissions import Operation, may
from delivery.scope import cards_in_scope
from offices.models import Office
from offices.services import local_day, policy_of
from shipments.forecast import OfficeForecast
from shipments.forecasting import Comparison, Forecast, forecast, forecast_of, what_if
from shipments.refusals import ShipmentRefused
from web.access import StaffRequest, office_of, requires
from web.forms import CapacityForm
from web.messages import tell_refusal


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """A post office's queue as it is and, when that was asked, as it would be; with the field to ask by."""

    post_office: Office
    now: OfficeForecast | None
    then: OfficeForecast | None
    days_sooner: int
    field: BoundField | None


@requires(Operation.MANAGE_SHIPMENTS)
def forecast_page(request: StaffRequest) -> HttpResponse:
    """Show when each post office's queue is posted; a supervisor asks what more cards a day would change."""
    office = office_of(request.user)
    today = local_day(office=office, at=timezone.now())
    form = _capacity_form(request, office)
    extra = form.extra() if form is not None and form.is_valid() else {}
    comparison: Comparison | None = None
    try:
        if extra:
            comparison = what_if(office_id=office.pk, on=today, extra_capacity=extra)
            made = comparison.now
        else:
            made = forecast(office_id=office.pk, on=today)
    except ShipmentRefused as error:
        tell_refusal(request, error)
        return redirect("web:home")
    context = {
        "made": made,
        "then": comparison.then if comparison else None,
        "rows": list(_rows(office, made, comparison, form)),
        "faults": sorted(made.faults().items()),
        "today": today,
        "form": form,
        "own_field": _field(form, office.pk),
    }
    return render(request, "web/forecast/forecast.html", context)


@requires(Operation.SEE_CARDS)
def card_forecast(request: StaffRequest, reference: str) -> HttpResponse:
    """Show one card's place in the queue and its projected day, with the reason when others go first."""
    card = get_object_or_404(cards_in_scope(request.user).select_related("office"), reference=reference)
    today = local_day(office=card.office, at=timezone.now())
    found = forecast_of(card_id=card.pk, on=today)
    post_office = (
        Office.objects.get(pk=found.post_office_id)
        if found is not None and found.post_office_id is not None
        else None
    )
    context = {"card": card, "forecast": found, "post_office": post_office}
    template = "web/forecast/card.html" if request.htmx else "web/forecast/card_page.html"
    return render(request, template, context)


def _capacity_form(request: StaffRequest, office: Office) -> CapacityForm | None:
    """The question about more capacity: of offices that have a limit, the registry office's own among them."""
    if not may(request.user, Operation.PLAN_CAPACITY):
        return None
    limited = Q(parent=office, kind=Office.Kind.POST_OFFICE, is_active=True, items_per_day__isnull=False)
    if policy_of(office=office).items_per_day is not None:
        limited |= Q(pk=office.pk)
    return CapacityForm(request.GET or None, offices=Office.objects.filter(limited).order_by("code"))


def _rows(
    office: Office, made: Forecast, comparison: Comparison | None, form: CapacityForm | None
) -> Iterator[ForecastRow]:
    now = {row.post_office_id: row for row in made.by_office()}
    compared = {row.post_office_id: row for row in comparison.offices} if comparison else {}
    ours = Q(parent=office, kind=Office.Kind.POST_OFFICE, is_active=True)
    for post_office in Office.objects.filter(ours | Q(pk__in=[*now, *compared])).order_by("code"):
        then = compared.get(post_office.pk)
        yield ForecastRow(
            post_office=post_office,
            now=now.get(post_office.pk),
            then=then.then if then else None,
            days_sooner=then.days_sooner if then else 0,
            field=_field(form, post_office.pk),
        )


def _field(form: CapacityForm | None, office_id: int) -> BoundField | None:
    key = CapacityForm.key(office_id)
    return form[key] if form is not None and key in form.fields else None
