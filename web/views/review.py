"""The review desk: one decision for many cards whose addresses were typed alike."""

import re
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Operation
from addresses.models import Address, AddressReview
from addresses.services import (
    Candidate,
    ReviewGroup,
    alias_suggestions,
    current_gazetteer,
    waiting_addresses,
)
from delivery.resending import resume_sending
from shipments.backlog import decide_addresses, learn_name, review_queue
from web.access import StaffRequest, office_of, requires
from web.forms import ReviewForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text
from web.villages import find_villages

GROUPS_A_PAGE = 25
SHOWN_ADDRESSES = 50
CANDIDATES = 5
KEY = re.compile(r"[0-9]{1,18}")
Decision = AddressReview.Decision


@requires(Operation.REVIEW_ADDRESSES)
def review(request: StaffRequest) -> HttpResponse:
    """List the groups that wait, the oldest print first."""
    office_id = office_of(request.user).pk
    number = waiting_addresses(office_id=office_id).values("group_key").distinct().count()
    page = page_of(request, range(number), per_page=GROUPS_A_PAGE)
    first = (page.number - 1) * GROUPS_A_PAGE
    groups = review_queue(office_id=office_id, limit=GROUPS_A_PAGE, offset=first)
    waiting = waiting_addresses(office_id=office_id).count()
    return render(request, "web/review/list.html", {"groups": groups, "page": page, "waiting": waiting})


@requires(Operation.REVIEW_ADDRESSES)
def review_group(request: StaffRequest) -> HttpResponse:
    """Show one group and take the decision about it; then go on to the next."""
    key = request.GET.get("group", "")
    waiting = waiting_addresses(office_id=office_of(request.user).pk).filter(group_key=key).order_by("pk")
    form = ReviewForm(request.POST or None, initial={"everyone": True, "decision": Decision.ACCEPTED})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, waiting, form.cleaned_data)
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect(_next_group(request, key))
    total = waiting.count()
    if not total:
        return redirect("web:review")
    shown = list(waiting.select_related("card")[:SHOWN_ADDRESSES])
    find = request.GET.get("find", "")
    near = office_of(request.user).region_code[:2]
    context = {
        "key": key,
        "group": key.replace(" / ", ", "),
        "total": total,
        "shown": shown,
        "shown_at_most": SHOWN_ADDRESSES,
        "candidates": _candidates(shown),
        "find": find,
        "found": find_villages(name=find, near=near),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "web/review/group.html", context)


def _decide(request: StaffRequest, waiting: QuerySet[Address], data: dict[str, Any]) -> None:
    ticked = [int(key) for key in request.POST.getlist("address") if KEY.fullmatch(key)]
    chosen = waiting if data["everyone"] else waiting.filter(pk__in=ticked)
    decided = decide_addresses(
        office_id=office_of(request.user).pk,
        address_ids=list(chosen.values_list("pk", flat=True)),
        decision=data["decision"],
        village_code=data["village_code"] if data["decision"] == Decision.ACCEPTED else "",
        corrections=data["corrections"] if data["decision"] == Decision.CORRECTED else None,
        note=data["note"],
        actor_id=request.user.pk,
        at=timezone.now(),
    )
    resume_sending(office_id=office_of(request.user).pk, actor_id=request.user.pk, at=timezone.now())
    ready, waiting_still = len(decided.deliverable_ids), len(decided.still_waiting_ids)
    text = ngettext("%(ready)s card can be posted now.", "%(ready)s cards can be posted now.", ready)
    messages.success(request, text % {"ready": number_format(ready)})
    if waiting_still and data["decision"] in {Decision.ACCEPTED, Decision.CORRECTED}:
        messages.warning(
            request,
            _("%(count)s still wait: see what the check found.") % {"count": number_format(waiting_still)},
        )


def _next_group(request: StaffRequest, done: str) -> str:
    groups: list[ReviewGroup] = review_queue(office_id=office_of(request.user).pk, limit=2)
    following = next((group.group_key for group in groups if group.group_key != done), None)
    if following is None:
        return reverse("web:review")
    return f"{reverse('web:review-group')}?{urlencode({'group': following})}"


def _candidates(addresses: list[Address]) -> list[Candidate]:
    """Count which villages the shown addresses could mean, the most frequent first."""
    known = current_gazetteer()
    votes: dict[str, int] = {}
    for address in addresses:
        codes = dict.fromkeys([address.village_code, *(other["code"] for other in address.alternatives)])
        for code in codes:
            if len(code) == 13 and code in known:
                votes[code] = votes.get(code, 0) + 1
    ranked = sorted(votes.items(), key=lambda vote: -vote[1])[:CANDIDATES]
    return [Candidate(code, known.name(code), known.name(code[:8]), number) for code, number in ranked]


@requires(Operation.LEARN_NAMES)
def names(request: StaffRequest) -> HttpResponse:
    """List the names that people have corrected alike; the supervisor lets the gazetteer learn them, or not."""
    if request.method == "POST":
        _decide_name(request)
        return redirect("web:names")
    known = current_gazetteer()
    rows = [
        (each, " › ".join(region.name for region in known.path(each.region_code)))
        for each in alias_suggestions()
    ]
    return render(request, "web/review/names.html", {"rows": rows})


def _decide_name(request: StaffRequest) -> None:
    key = request.POST.get("alias", "")
    try:
        decided = learn_name(
            office_id=office_of(request.user).pk,
            alias_id=int(key) if KEY.fullmatch(key) else 0,
            accept=request.POST.get("accept") == "yes",
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, refusal_text(error))
        return
    cards = len(decided.deliverable_ids) if decided is not None else 0
    said = ngettext(
        "Decided. %(count)s card can be posted now.", "Decided. %(count)s cards can be posted now.", cards
    )
    messages.success(request, said % {"count": number_format(cards)})
