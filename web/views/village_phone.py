"""The village officer's page: a list opened by its link on one phone, without an account and without script.

The link opens nothing until its button is pressed, since messengers fetch every address that is sent. What opens the
list is a cookie of one browser; as on the residents' pages no cache keeps an answer and no other site learns of it.
"""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.client import client_address
from delivery.models import VillageListCard
from delivery.refusals import DeliveryRefused
from delivery.village_links import (
    OpenedLink,
    OpenedList,
    can_open,
    cards_on_phone,
    link_with,
    open_link,
    opened_list,
    report_on_phone,
    take_back_on_phone,
)
from web.access import public
from web.lists import page_of
from web.messages import refusal_text
from web.views.resident import secretive
from web.villages import village_name

COOKIE_PATH = "/desa/"
PER_PAGE = 20
MOST_DAYS = 31
TAKE_BACK = "TAKE_BACK"
# What may be said of a card: result and, when it was given, to whom.
CHOICES: tuple[tuple[str, Promise], ...] = (
    ("GIVEN:HOLDER", _("Given to the holder")),
    ("GIVEN:FAMILY", _("Given to the family")),
    ("NOT_FOUND:", _("Not found")),
)
_SAID = frozenset(code for code, _label in CHOICES)


@public
@secretive()
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Offer to open a link, and open it on this phone; whatever does not open gets one and the same answer."""
    now, client = timezone.now(), client_address(request)
    known = link_with(token=token)
    if known is not None and _opened(request, known) is not None:
        return redirect("web:village-phone", link_id=known)
    if request.method == "POST":
        opened = open_link(token=token, client=client, at=now)
        return _closed_door(request) if opened is None else _let_in(opened)
    if not can_open(token=token, client=client, at=now):
        return _closed_door(request)
    return render(request, "web/resident/village_link.html", {"opens": True, "here": request.path})


@public
@secretive()
@require_http_methods(["GET", "HEAD", "POST"])
def phone_list(request: HttpRequest, link_id: int) -> HttpResponse:
    """Show the list's cards, and write down what became of one of them."""
    opened = _opened(request, link_id)
    if opened is None:
        return _closed_door(request)
    with timezone.override(ZoneInfo(opened.time_zone)):
        if request.method != "POST":
            return _page(request, opened)
        try:
            return redirect(_written(request, opened))
        except DeliveryRefused as refusal:
            return _page(request, opened, refused=refusal_text(refusal), status=409)


def _written(request: HttpRequest, opened: OpenedList) -> str:
    """Write one card's result down; give the address of the page that says so, at the same place of the list."""
    position, _colon, said = request.POST.get("card", "").partition(":")
    place = int(position) if position.isascii() and position.isdigit() and len(position) < 10 else 0
    who: dict[str, Any] = {"link_id": opened.link_id, "secret": _secret_of(request, opened.link_id)}
    on = _day(request.POST.get("day", "")) or timezone.localdate()
    if said == TAKE_BACK:
        take_back_on_phone(position=place, at=timezone.now(), **who)
    else:
        result, _colon, relation = said.partition(":") if said in _SAID else ("", "", "")
        report_on_phone(position=place, result=result, relation=relation, on=on, at=timezone.now(), **who)
    again = {name: request.POST[name] for name in ("page", "all") if request.POST.get(name)}
    query = urlencode({**again, "day": on.isoformat(), "told": place})
    return f"{reverse('web:village-phone', args=[opened.link_id])}?{query}"


def _page(request: HttpRequest, opened: OpenedList, *, refused: str = "", status: int = 200) -> HttpResponse:
    everything = request.GET.get("all") == "1"
    told = request.GET.get("told", "")
    cards = cards_on_phone(opened=opened, only_out=not everything)
    just_told = cards_on_phone(opened=opened, only_out=False).filter(
        position=int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
    )
    context = {
        "list": opened,
        "here": reverse("web:village-phone", args=[opened.link_id]),
        "village": village_name(opened.village_code),
        "page": page_of(request, cards, per_page=PER_PAGE),
        "all": everything,
        "days": _days(opened),
        "day": _day(request.POST.get("day", "") or request.GET.get("day", "")) or timezone.localdate(),
        "choices": CHOICES,
        "told": just_told.first(),
        "refused": refused,
        "OPEN": VillageListCard.Result.OPEN,
    }
    return render(request, "web/resident/village.html", context, status=status)


def _days(opened: OpenedList) -> list[date]:
    """Give the days that may be reported, today first."""
    today, first = timezone.localdate(), timezone.localdate(opened.handed_at)
    number = min((today - first).days, MOST_DAYS) + 1
    return [today - timedelta(days=back) for back in range(number)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _closed_door(request: HttpRequest) -> HttpResponse:
    return render(request, "web/resident/village_link.html", {"opens": False}, status=404)


def _let_in(opened: OpenedLink) -> HttpResponse:
    response = redirect("web:village-phone", link_id=opened.link_id)
    response.set_cookie(
        _cookie(opened.link_id),
        opened.secret,
        expires=opened.expires_at,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # a link that is followed from a message must find what opened it
    )
    return response


def _opened(request: HttpRequest, link_id: int) -> OpenedList | None:
    secret = _secret_of(request, link_id)
    if not secret:
        return None
    return opened_list(link_id=link_id, secret=secret, client=client_address(request), at=timezone.now())


def _secret_of(request: HttpRequest, link_id: int) -> str:
    return request.COOKIES.get(_cookie(link_id), "")


def _cookie(link_id: int) -> str:
    return f"desa-{link_id}"
