"""The resident's choices, by plain forms: the way, the contact, the address, who comes, and where to instead."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from delivery.address_requests import FIELDS, ask_correction
from delivery.choices import choose_way, say_who_comes, set_contact, want_messages, wish
from delivery.public_view import PublicView
from delivery.refusals import DeliveryRefused
from web.access import public
from web.resident_words import refusal_words
from web.views.resident import opened_card, resident_page, secretive, tell

Choose = Callable[[HttpRequest, PublicView], str]
TEXT_LENGTH = 250


def chosen(section: str) -> Callable[[Choose], Callable[..., HttpResponseBase]]:
    """Let an opened card's holder choose; what is refused is said on the page, whose part `section` stays open."""

    def decorate(choose: Choose) -> Callable[..., HttpResponseBase]:
        @public
        @secretive()
        @require_POST
        @wraps(choose)
        def view(request: HttpRequest) -> HttpResponse:
            card = opened_card(request)
            if card is None:
                return redirect("web:track")
            try:
                return tell(choose(request, card))
            except DeliveryRefused as refusal:
                words = refusal_words(refusal)
                return resident_page(request, card, refused=words, section=section, status=409)

        return view

    return decorate


@chosen("way")
def way(request: HttpRequest, card: PublicView) -> str:
    """Collect at a counter instead of waiting for the post, or have it posted after all."""
    choose_way(card_id=card.card_id, channel=_typed(request, "channel"), at=timezone.now())
    return "chosen"


@chosen("contact")
def contact(request: HttpRequest, card: PublicView) -> str:
    """Name another phone or e-mail, or stop the messages and let them come again."""
    now = timezone.now()
    wanted = request.POST.get("messages")
    if wanted in {"no", "yes"}:
        want_messages(card_id=card.card_id, wanted=wanted == "yes", at=now)
        return "messages-on" if wanted == "yes" else "messages-off"
    set_contact(
        card_id=card.card_id,
        phone=_typed(request, "phone"),
        email=_typed(request, "email"),
        language=(get_language() or "")[:2],
        at=now,
    )
    return "contact"


@chosen("address")
def address(request: HttpRequest, card: PublicView) -> str:
    """Correct the address; the office decides."""
    fields = {name: _typed(request, name) for name in FIELDS}
    ask_correction(card_id=card.card_id, fields=fields, at=timezone.now())
    return "correction"


@chosen("who")
def who_comes(request: HttpRequest, card: PublicView) -> str:
    """Say who will collect the card."""
    say_who_comes(card_id=card.card_id, relation=_typed(request, "relation"), at=timezone.now())
    return "who"


@chosen("elsewhere")
def elsewhere(request: HttpRequest, card: PublicView) -> str:
    """Ask for the card to be sent again or to another counter, or take that back."""
    wished = _typed(request, "wish")
    wish(
        card_id=card.card_id,
        wish="OTHER_COUNTER" if wished.startswith("counter:") else wished,
        counter_code=wished.partition(":")[2],
        at=timezone.now(),
    )
    return "wish" if wished else "wish-off"


def _typed(request: HttpRequest, name: str) -> str:
    """Give a field's text without what no database keeps."""
    text = request.POST.get(name, "")[:TEXT_LENGTH]
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
