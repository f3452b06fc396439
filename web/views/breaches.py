"""The register of breaches of personal data: its clocks, its entries, and the register as a file."""

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.permissions import Operation, may
from accounts.services import record
from privacy.breaches import BreachFacts, BreachFault, BreachRefused, correct_breach, record_breach
from privacy.models import Breach
from privacy.services import record_export
from spreadsheets.cells import Cell
from spreadsheets.writing import Column
from web.access import StaffRequest, office_of, requires
from web.forms import Styled
from web.lists import csv_answer, page_of, xlsx_answer

FAULTS = {
    BreachFault.TIME_AHEAD: gettext_lazy("The time lies in the future. Write when it happened."),
    BreachFault.NOTICED_TOO_EARLY: gettext_lazy("It cannot have been noticed before it happened."),
    BreachFault.TOLD_TOO_EARLY: gettext_lazy("Nobody can have been told before it was noticed."),
}


def _moment(label: object, *, required: bool) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=required, widget=widget)  # type: ignore[arg-type]


def _text(label: object, *, required: bool) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=required, max_length=4_000, widget=widget)  # type: ignore[arg-type]


class BreachForm(Styled, forms.Form):
    """What is known of a breach; the rest is added as it becomes known."""

    what = _text(gettext_lazy("What happened, and how the data came out"), required=True)
    data_kinds = _text(gettext_lazy("Which personal data"), required=True)
    people = forms.IntegerField(label=gettext_lazy("Persons concerned"), min_value=0, max_value=2_000_000_000)
    occurred_at = _moment(gettext_lazy("Happened at, as far as known"), required=False)
    noticed_at = _moment(gettext_lazy("Noticed at; the clock runs from then"), required=True)
    measures = _text(gettext_lazy("What is being done about it"), required=False)
    authority_notified_at = _moment(gettext_lazy("Authority told in writing at"), required=False)
    people_notified_at = _moment(gettext_lazy("Persons concerned told in writing at"), required=False)


@requires(Operation.SEE_BREACHES)
@require_GET
def breach_list(request: StaffRequest) -> HttpResponse:
    """List the breaches, the latest first, with what is left of each clock."""
    rows = _breaches_of(request)
    if request.GET.get("state") == "open":
        rows = rows.filter(authority_notified_at__isnull=True) | rows.filter(people_notified_at__isnull=True)
    context = {
        "page": page_of(request, rows),
        "now": timezone.now(),
        "may_write": may(request.user, Operation.RECORD_BREACHES),
    }
    return render(request, "web/breaches/list.html", context)


@requires(Operation.RECORD_BREACHES)
def breach_new(request: StaffRequest) -> HttpResponse:
    """Enter a breach."""
    form = BreachForm(request.POST or None, initial={"noticed_at": timezone.localtime()})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            with transaction.atomic():
                office = office_of(request.user)
                facts = BreachFacts(**form.cleaned_data)
                made = record_breach(office_id=office.pk, facts=facts, actor_id=request.user.pk, at=now)
                record(
                    actor_id=request.user.pk, office_id=office.pk, operation="RECORD_BREACH",
                    object_kind="breach", object_key=str(made.pk), at=now, people=made.people,
                )  # fmt: skip
        except BreachRefused as refused:
            form.add_error(refused.field, FAULTS[refused.fault])
        else:
            return redirect("web:breach", breach_id=made.pk)
    context = {"form": form}
    return render(request, "web/breaches/form.html", context, status=422 if form.errors else 200)


@requires(Operation.SEE_BREACHES)
def breach_page(request: StaffRequest, breach_id: int) -> HttpResponse:
    """Show a breach; who writes the register also corrects it and says who was told."""
    row = get_object_or_404(_breaches_of(request), pk=breach_id)
    may_write = may(request.user, Operation.RECORD_BREACHES)
    form = BreachForm(request.POST or None, initial=vars(row)) if may_write else None
    if form is not None and request.method == "POST" and form.is_valid() and _corrected(request, row, form):
        messages.success(request, _("The entry was kept."))
        return redirect("web:breach", breach_id=row.pk)
    context = {"row": row, "form": form, "now": timezone.now()}
    return render(request, "web/breaches/breach.html", context, status=422 if form and form.errors else 200)


def _corrected(request: StaffRequest, row: Breach, form: BreachForm) -> bool:
    now = timezone.now()
    try:
        with transaction.atomic():
            facts = BreachFacts(**form.cleaned_data)
            changed = correct_breach(breach_id=row.pk, facts=facts, at=now)
            record(
                actor_id=request.user.pk, office_id=row.office_id, operation="CORRECT_BREACH",
                object_kind="breach", object_key=str(row.pk), at=now, fields=changed,
            )  # fmt: skip
    except BreachRefused as refused:
        form.add_error(refused.field, FAULTS[refused.fault])
        return False
    return True


@requires(Operation.SEE_BREACHES)
@require_GET
def breach_export(request: StaffRequest, kind: str) -> FileResponse:
    """Give the register as a file."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    rows = _breaches_of(request)
    record_export(
        actor_id=request.user.pk, subject_kind="breach", subject_key="", records=rows.count(),
        at=timezone.now(),
    )  # fmt: skip
    columns = [
        Column(_("No.")), Column(_("What happened, and how the data came out"), 40),
        Column(_("Which personal data"), 30), Column(_("Persons concerned"), 12, "number"),
        Column(_("Happened"), 18, "date"), Column(_("Noticed"), 18, "date"), Column(_("Due"), 18, "date"),
        Column(_("What is being done about it"), 40), Column(_("Authority told"), 18, "date"),
        Column(_("Persons told"), 18, "date"),
    ]  # fmt: skip
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(name=_("breaches"), columns=columns, rows=_cells(rows))


def _cells(rows: QuerySet[Breach]) -> Iterator[list[Cell]]:
    for row in rows.order_by("noticed_at", "pk").iterator(2_000):
        happened, noticed, due, authority, people = (
            timezone.make_naive(time) if time is not None else ""
            for time in (
                row.occurred_at, row.noticed_at, row.due_at, row.authority_notified_at, row.people_notified_at,
            )
        )  # fmt: skip
        yield [
            row.pk, row.what, row.data_kinds, row.people, happened, noticed, due, row.measures, authority, people,
        ]  # fmt: skip


def _breaches_of(request: StaffRequest) -> QuerySet[Breach]:
    return Breach.objects.filter(office=office_of(request.user))
