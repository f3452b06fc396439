"""The resident's pages: look up a card without an account, see what happens next, choose a day, ask.

Nothing secret stands in a query string. A successful lookup puts the card's link token into a signed cookie for half an
hour; the page is then read with it. Every answer is `no-store` and `noindex`, and no other site learns of it: the link,
whose address holds the token, only leads on and is `no-referrer`; pages with forms are `same-origin`, since a browser
gives a form of a `no-referrer` page no origin, and a form without origin is refused as a forgery.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.client import client_address
from delivery.access import (
    Credentials,
    LinkToken,
    NikAndFamilyCard,
    NumberAndPin,
    closed_to_visitors,
    derive_link_token,
    public_lookup,
)
from delivery.address_requests import FIELDS
from delivery.appointments import Bookable, book, bookable_days, cancel_booking
from delivery.choices_view import choices_for
from delivery.enquiries import answers_for, ask
from delivery.messages.texts import papers_said
from delivery.messages.ways import Way
from delivery.public_view import PublicView, Stage
from delivery.refusals import DeliveryRefused
from delivery.waiting import days_to_wait_for, waiting_of
from shipments.models import Card
from web.access import public
from web.resident_words import (
    ADDRESS_FIELDS,
    CHOOSE_A_DAY,
    COLLECTORS,
    CORRECTIONS,
    NEWS,
    REACHED,
    STAGES,
    STATES,
    WISH_OUTCOMES,
    WISHES,
    messages_words,
    next_step_words,
    reason_word,
    receiver_word,
    refusal_words,
)

COOKIE = "kartu"
COOKIE_SECONDS = 1_800
ORDINARY = "ORDINARY"
QUESTION_LENGTH = 1_000
STALE_LINK = "stale"


class NumberForm(forms.Form):
    """The number on the label or in the message, and the PIN beside it."""

    number = forms.CharField(label=_("Card or item number"), max_length=40, strip=True)
    pin = forms.CharField(label=_("PIN of 6 characters"), max_length=12, strip=True)

    def credentials(self) -> Credentials:
        """Give what was typed."""
        return NumberAndPin(number=self.cleaned_data["number"], pin=self.cleaned_data["pin"])


class IdentityForm(forms.Form):
    """Both identity numbers, for people who never got a number."""

    nik = forms.CharField(label=_("NIK (16 digits)"), max_length=24, strip=True)
    kk = forms.CharField(label=_("Family card number (16 digits)"), max_length=24, strip=True)

    def credentials(self) -> Credentials:
        """Give what was typed."""
        return NikAndFamilyCard(nik=self.cleaned_data["nik"], kk=self.cleaned_data["kk"])


View = Callable[..., HttpResponseBase]


def secretive(*, referrer: str = "same-origin") -> Callable[[View], View]:
    """Let no cache keep the answer, no other site learn of it and no search engine list it."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            response["Referrer-Policy"] = referrer
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return guarded

    return decorate


@public
@secretive()
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Show the form; on a right answer go to the card's page, on any wrong one say one and the same thing."""
    way = request.POST.get("way", "number")
    number, identity = NumberForm(), IdentityForm()
    failed, status = False, 200
    if request.method == "POST":
        if way == "identity":
            identity = IdentityForm(request.POST)
        else:
            number = NumberForm(request.POST)
        typed = identity if way == "identity" else number
        status = 422
        if typed.is_valid():
            view = _look_up(request, typed.credentials())
            if view is not None:
                return _open(view)
            failed, status = True, 404
    return render(
        request,
        "web/resident/track.html",
        {
            "number": number,
            "identity": identity,
            "way": way,
            "failed": failed,
            "stale_link": request.GET.get("news") == STALE_LINK,
        },
        status=status,
    )


@public
@secretive(referrer="no-referrer")
@require_GET
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Open a card by the link that was sent to its holder."""
    view = _look_up(request, LinkToken(token=token))
    if view is None:
        return redirect(f"{reverse('web:track')}?{urlencode({'news': STALE_LINK})}")
    return _open(view)


@public
@secretive()
@require_GET
def card(request: HttpRequest) -> HttpResponse:
    """Show where the card is and what happens next."""
    view = opened_card(request)
    return redirect("web:track") if view is None else resident_page(request, view)


@public
@secretive()
@require_POST
def choose_day(request: HttpRequest) -> HttpResponse:
    """Book a place at the counter, move it to another day, or give it back."""
    view = opened_card(request)
    if view is None:
        return redirect("web:track")
    now = timezone.now()
    try:
        if request.POST.get("cancel"):
            cancel_booking(card_id=view.card_id, at=now)
            return tell("cancelled")
        chosen, _at, slot = request.POST.get("day", "").partition("T")  # a day, or a day with its slot
        day = forms.DateField().clean(chosen)
        starts_at = forms.TimeField(required=False).clean(slot)
        book(card_id=view.card_id, day=day, starts_at=starts_at, lane=ORDINARY, at=now)
    except forms.ValidationError:
        return resident_page(request, view, refused=str(CHOOSE_A_DAY), status=422)
    except DeliveryRefused as refusal:
        return resident_page(request, view, refused=refusal_words(refusal), status=409)
    return tell("booked")


@public
@secretive()
@require_POST
def question(request: HttpRequest) -> HttpResponse:
    """Take the resident's question to the office."""
    view = opened_card(request)
    if view is None:
        return redirect("web:track")
    text = request.POST.get("text", "")[:QUESTION_LENGTH]
    try:
        ask(card_id=view.card_id, text=text, at=timezone.now())
    except DeliveryRefused as refusal:
        words = refusal_words(refusal)
        return resident_page(request, view, refused=words, text=text, section="ask", status=422)
    return tell("asked")


@public
@secretive()
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the card in this browser."""
    response = redirect("web:track")
    response.delete_cookie(COOKIE, path="/lacak/")
    return response


def _look_up(request: HttpRequest, credentials: Credentials) -> PublicView | None:
    return public_lookup(credentials=credentials, client=client_address(request), at=timezone.now())


def _open(view: PublicView) -> HttpResponse:
    version = Card.objects.values_list("access_version", flat=True).get(pk=view.card_id)
    response = redirect("web:track-card")
    response.set_signed_cookie(
        COOKIE,
        derive_link_token(reference=view.reference, access_version=version),
        max_age=COOKIE_SECONDS,
        path="/lacak/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def opened_card(request: HttpRequest) -> PublicView | None:
    """Give the card that was opened in this browser, looked up anew; None when there is none."""
    try:
        token = str(request.get_signed_cookie(COOKIE, max_age=COOKIE_SECONDS))
    except (KeyError, signing.BadSignature):
        return None
    return _look_up(request, LinkToken(token=token))


def tell(news: str) -> HttpResponse:
    """Go back to the card's page, which says what has just happened; a reload repeats nothing."""
    return redirect(f"{reverse('web:track-card')}?{urlencode({'news': news})}")


def resident_page(
    request: HttpRequest,
    view: PublicView,
    *,
    refused: str = "",
    text: str = "",
    section: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the card's page; after a refusal `section` is the part that stays open."""
    state = view.stage.value if view.stage in (Stage.READY, Stage.RECEIVED) else view.next_step.value
    context = {
        "view": view,
        "state": STATES.get(state, STAGES[view.stage]),
        "reason": reason_word(view.reason),
        "receiver": receiver_word(view.receiver),
        "steps": [(STAGES[step.stage], step) for step in view.steps],
        "bookable": _bookable(view),
        "closed": closed_to_visitors(counter=view.counter, at=timezone.now()) if view.counter else None,
        **_waiting(view),
        "answers": answers_for(card_id=view.card_id),
        "refused": refused,
        "news": NEWS.get(request.GET.get("news", ""), ""),
        **_choices(request, view),
        "typed": request.POST,
        "text": text,
        "section": section,
    }
    return render(request, "web/resident/card.html", context, status=status)


def _choices(request: HttpRequest, view: PublicView) -> dict[str, Any]:
    """Give what may be chosen, in words; what was typed into a correction that was refused stays typed."""
    choices = choices_for(card_id=view.card_id)
    correction = choices.correction
    waits = correction is not None and correction.state == "OPEN"
    waits_for_office = waits and choices.channel == "POST"
    language = get_language() or settings.LANGUAGE_CODE
    papers = papers_said(choices.papers, language=language[:2])
    return {
        "next_step": CORRECTIONS["OPEN"]
        if waits_for_office
        else next_step_words(view.next_step, papers=papers),
        "messages": messages_words(view.next_step, reached=bool(choices.ways_used)),
        "reached": [
            REACHED["REGISTERED" if way is Way.PHONE and not choices.own_phone else way]
            for way in choices.ways_used
        ],
        "choices": choices,
        "collectors": [
            (code, COLLECTORS[code], papers_said(shown, language=language[:2]))
            for code, shown in choices.collectors
            if code in COLLECTORS
        ],
        "comes": COLLECTORS.get(choices.coming, ""),
        "wished": WISHES.get(choices.wish, ""),
        "wish_answered": WISH_OUTCOMES.get(choices.wish_outcome, ""),
        "corrected": CORRECTIONS[correction.state] if correction is not None else "",
        "address_fields": [
            (name, ADDRESS_FIELDS[name], limit, request.POST.get(name, "")) for name, limit in FIELDS.items()
        ],
    }


def _waiting(view: PublicView) -> dict[str, Any]:
    """Give the place on a waiting list, or else the days for which somebody in a hurry may ask."""
    if view.counter is None:
        return {}
    entry = waiting_of(card_id=view.card_id)
    days = [] if entry is not None else days_to_wait_for(card_id=view.card_id, at=timezone.now())
    return {"waiting": entry, "hurry_days": days}


def _bookable(view: PublicView) -> Bookable | None:
    """Give the days to choose from; none when the card left the shelf since it was looked up."""
    if view.counter is None:
        return None
    try:
        return bookable_days(card_id=view.card_id, at=timezone.now())
    except DeliveryRefused:
        return None
