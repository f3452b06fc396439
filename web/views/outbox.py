"""Messages to residents: how far each is, and another try for those that failed."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.messages.retrying import retry_failed, totals
from delivery.models import Message
from delivery.scope import messages_visible_to
from web.access import StaffRequest, office_of, requires
from web.filters import MessageFilter
from web.lists import page_of


@requires(Operation.SEE_MESSAGES)
def message_list(request: StaffRequest) -> HttpResponse:
    """List the messages, newest first, with how many are in which state."""
    found = MessageFilter(request.GET, queryset=messages_visible_to(request.user))
    counted = totals(found.qs)
    rows = found.qs.select_related("card").defer("card__nik", "card__kk", "card__phone")
    context = {
        "filter": found,
        "page": page_of(request, rows.order_by("-created_at", "-pk")),
        "totals": counted,
        "may_retry": may(request.user, Operation.RETRY_MESSAGES) and counted[Message.State.FAILED.value] > 0,
        "query": request.GET.urlencode(),
    }
    return render(request, "web/messages/list.html", context)


@requires(Operation.RETRY_MESSAGES)
@require_POST
def retry(request: StaffRequest) -> HttpResponse:
    """Let the failed ones that the filter shows, or one of them, wait to be sent again."""
    office = office_of(request.user)
    asked = QueryDict(request.POST.get("query", ""))
    rows = MessageFilter(asked, queryset=messages_visible_to(request.user)).qs
    one = request.POST.get("message", "")
    if one:
        rows = rows.filter(pk=int(one)) if one.isascii() and one.isdigit() and len(one) < 19 else rows.none()
    waiting = retry_failed(
        rows=rows, office_id=office.pk, zone=office.time_zone, actor_id=request.user.pk, at=timezone.now()
    )
    text = ngettext(
        "%(count)s message waits to be sent again.", "%(count)s messages wait to be sent again.", waiting
    )
    if waiting:
        messages.success(request, text % {"count": number_format(waiting)})
    else:
        messages.warning(request, _("No failed message is among these."))
    return redirect(f"{reverse('web:messages')}?{asked.urlencode()}")
