"""What was given out today, and taking one of it back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.counter import undo_collection
from delivery.refusals import DeliveryRefused
from delivery.scope import collections_visible_to
from web.access import StaffRequest, requires
from web.lists import page_of
from web.messages import refusal_text


@requires(Operation.SERVE_COUNTER)
def collections(request: StaffRequest) -> HttpResponse:
    """List what was given out today."""
    return _page(request)


@requires(Operation.UNDO_COLLECTION)
@require_POST
def undo(request: StaffRequest, collection_id: int) -> HttpResponse:
    """Take a collection of today back, with a reason."""
    collection = get_object_or_404(
        collections_visible_to(request.user).select_related("card"), pk=collection_id
    )
    reason = request.POST.get("reason", "")
    try:
        undo_collection(
            collection_id=collection.pk, reason=reason, actor_id=request.user.pk, at=timezone.now()
        )
    except DeliveryRefused as refusal:
        return _page(request, refusal=refusal_text(refusal), refused=collection.pk, typed=reason)
    messages.success(request, _("%(card)s stands on its shelf again.") % {"card": collection.card.reference})
    return redirect("web:collections")


def _page(request: StaffRequest, *, refusal: str = "", refused: int = 0, typed: str = "") -> HttpResponse:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = (
        collections_visible_to(request.user)
        .filter(collected_at__gte=today)
        .select_related("card", "counter", "collected_by")
        .defer("card__nik", "card__kk", "card__phone")
        .order_by("-collected_at", "-pk")
    )
    context = {
        "page": page_of(request, rows),
        "may_undo": may(request.user, Operation.UNDO_COLLECTION),
        "refusal": refusal,
        "refused": refused,
        "typed": typed,
    }
    return render(request, "web/counter/collections.html", context, status=409 if refusal else 200)
