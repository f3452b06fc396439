"""Items of which the post gives no news: the list, its export, and each post office's service time."""

from datetime import datetime
from types import SimpleNamespace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.models import Delivery
from delivery.scope import post_offices_visible_to
from delivery.silence import Patience, give_service_time, patience_with, silence_of, silent_items
from delivery.silent_list import write_silent_items
from web import words
from web.access import StaffRequest, registry_of, requires
from web.forms import SilentForm
from web.lists import file_answer, listing, temporary_file
from web.messages import REFUSALS, tell_refusal
from web.views.papers import TYPES

SORTS = {"last": "last_event_at", "post": "item__shipment__post_office__code", "status": "status"}


@requires(Operation.SEE_SHIPMENTS)
def item_list(request: StaffRequest) -> HttpResponse:
    """List silent items, the oldest news first, below how silent each post office is."""
    form, patience, rows = _asked(request, timezone.now())
    shown = rows.select_related("card__address", "item__shipment__post_office")
    shown = shown.defer("card__nik", "card__kk", "card__phone")
    listed = listing(request, shown, sorts=SORTS, default="last")
    context = {
        "filter": SimpleNamespace(form=form),
        "page": listed.page,
        "sort": listed.sort,
        "rows": [(delivery, _days(patience, delivery)) for delivery in listed.page.object_list],
        "silences": silence_of(patience=patience),
        "may_set": may(request.user, Operation.MANAGE_OFFICES),
        "may_see_cards": may(request.user, Operation.SEE_CARDS),
    }
    return render(request, "web/silent/list.html", context)


@requires(Operation.SEE_SHIPMENTS)
def item_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the filtered list as XLSX or CSV; that it left is recorded."""
    if kind not in ("xlsx", "csv"):
        raise Http404
    now = timezone.now()
    _form, patience, rows = _asked(request, now)
    output = temporary_file()
    write_silent_items(
        output, rows=rows, patience=patience, kind=kind, status_word=_word, actor_id=request.user.pk, at=now
    )
    return file_answer(output, name=f"tanpa-kabar-{now:%Y%m%d}.{kind}", content_type=TYPES[kind])


def _word(status: str) -> str:
    return str(words.word_of("delivery", status).label)


@requires(Operation.MANAGE_OFFICES)
@require_POST
def service_time(request: StaffRequest, office_id: int) -> HttpResponse:
    """Give a post office its own service time; an empty field gives it the policy's."""
    office = get_object_or_404(post_offices_visible_to(request.user), pk=office_id)
    typed = request.POST.get("days", "").strip()
    if typed and not (typed.isdecimal() and len(typed) < 6):
        messages.error(request, _("Write the service time as a number of open days."))
        return redirect("web:silent")
    try:
        give_service_time(
            post_office_id=office.pk,
            registry_id=registry_of(request.user),
            days=int(typed) if typed else None,
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The service time of %(office)s was set.") % {"office": office.name})
    return redirect("web:silent")


def _asked(request: StaffRequest, at: datetime) -> tuple[SilentForm, Patience, QuerySet[Delivery]]:
    """What was asked for: of one post office or all, by the service times or for so many days."""
    offices = list(post_offices_visible_to(request.user))
    form = SilentForm(request.GET, post_offices=offices)
    code, days = form.asked()
    patience = patience_with(offices=offices, at=at, days=days)
    rows = silent_items(patience=patience)
    return form, patience, rows.filter(item__shipment__post_office__code=code) if code else rows


def _days(patience: Patience, delivery: Delivery) -> int:
    assert delivery.item is not None  # noqa: S101 - for the type checker: silent items have one
    return patience.silent_for(
        office_id=delivery.item.shipment.post_office_id, last_news=delivery.last_event_at
    )
