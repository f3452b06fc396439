"""The forecast on pages: a table by post office, "what if", a card's day; holds of lists, channel and calibration."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from offices.models import HandoverPolicy, Office
from shipments.backlog import fill_backlog
from shipments.models import AreaHold, BacklogEntry, Card, Channel, Lane
from tests import factories

SignIn = Callable[[User], Client]
HTMX = {"hx-request": "true"}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def queue(registry: Office, post_office: Office) -> list[Card]:
    """Six cards for a post office that takes two a day, and an urgent one that was printed later."""
    Office.objects.filter(pk=post_office.pk).update(items_per_day=2)
    cards = factories.make_cards(office=registry, number=6)
    cards += factories.make_cards(office=registry, number=1, lane=Lane.URGENT)
    fill_backlog(office_id=registry.pk, at=timezone.now())
    return cards


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def clerk(sign_in: SignIn, printing_user: User) -> Client:
    return english(sign_in(printing_user))


@pytest.fixture
def boss(sign_in: SignIn, supervisor: User) -> Client:
    return english(sign_in(supervisor))


@pytest.mark.usefixtures("queue")
def test_forecast_shows_each_post_office_and_asks_a_clerk_nothing(clerk: Client, post_office: Office) -> None:
    answer = clerk.get(reverse("web:forecast"), {f"extra_{post_office.pk}": "500"})
    (row,) = answer.context["rows"]
    assert (row.post_office, row.now.cards, row.now.cards_a_day, row.field) == (post_office, 7, 2, None)
    assert answer.context["then"] is None
    assert "7 cards wait on" in answer.content.decode()
    assert "What if" not in answer.content.decode()


@pytest.mark.usefixtures("queue")
def test_supervisor_asks_what_five_hundred_more_a_day_would_change(boss: Client, post_office: Office) -> None:
    answer = boss.get(reverse("web:forecast"), {f"extra_{post_office.pk}": "500"})
    (row,) = answer.context["rows"]
    assert (row.now.cards_a_day, row.then.cards_a_day, row.then.last_on) == (2, 7, row.now.first_on)
    assert row.days_sooner > 0
    assert "Days sooner" in answer.content.decode()


@pytest.mark.usefixtures("queue")
def test_office_s_own_limit_may_be_asked_about_too(boss: Client, registry: Office) -> None:
    HandoverPolicy.objects.create(office=registry, items_per_day=1)
    answer = boss.get(reverse("web:forecast"), {f"extra_{registry.pk}": "1"})
    assert answer.context["then"].limit == 2
    assert "→ 2" in answer.content.decode()


@pytest.mark.usefixtures("queue")
def test_question_that_is_no_number_is_refused_at_its_field(boss: Client, post_office: Office) -> None:
    answer = boss.get(reverse("web:forecast"), {f"extra_{post_office.pk}": "banyak"})
    assert answer.context["then"] is None
    assert "field-error" in answer.content.decode()


def test_empty_queue_and_cards_without_a_post_office_are_said(
    clerk: Client, registry: Office, post_office: Office
) -> None:
    assert "Nothing waits to be posted." in clerk.get(reverse("web:forecast")).content.decode()
    factories.make_cards(office=registry, number=2, village_code="32.75.01.1001")
    fill_backlog(office_id=registry.pk, at=timezone.now())
    text = clerk.get(reverse("web:forecast")).content.decode()
    assert "2 · no post office serves this village" in text


def test_card_page_fetches_place_day_and_reason(clerk: Client, queue: list[Card]) -> None:
    card = queue[3]
    address = reverse("web:card-forecast", args=[card.reference])
    assert address in clerk.get(reverse("web:card", args=[card.reference])).content.decode()
    text = clerk.get(address, headers=HTMX).content.decode()
    assert "Place 5 in the backlog" in text
    assert "cards of a faster lane were printed later and go first" not in text
    assert "<html" not in text
    assert "<html" in clerk.get(address).content.decode()


def test_card_overtaken_by_a_faster_lane_says_so(clerk: Client, queue: list[Card]) -> None:
    Card.objects.filter(pk=queue[6].pk).update(printed_on="2020-04-20")
    BacklogEntry.objects.filter(pk=queue[6].pk).update(printed_on="2020-04-20")
    text = clerk.get(reverse("web:card-forecast", args=[queue[0].reference]), headers=HTMX).content.decode()
    assert "cards of a faster lane were printed later and go first (1)" in text


def test_card_outside_the_backlog_says_so(clerk: Client, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1, channel=Channel.COUNTER)
    text = clerk.get(reverse("web:card-forecast", args=[card.reference]), headers=HTMX).content.decode()
    assert "This card is not in the backlog." in text


def test_channel_is_chosen_on_the_card_s_page_until_dispatch(clerk: Client, queue: list[Card]) -> None:
    card = queue[0]
    address = reverse("web:card-channel", args=[card.reference])
    assert address in clerk.get(reverse("web:card", args=[card.reference])).content.decode()
    clerk.post(address, {"channel": "COUNTER"})
    assert Card.objects.get(pk=card.pk).channel == "COUNTER"
    assert not BacklogEntry.objects.filter(pk=card.pk).exists()
    clerk.post(address, {"channel": "POST"})
    assert BacklogEntry.objects.filter(pk=card.pk).exists()
    text = clerk.post(address, {"channel": "PIGEON"}, follow=True).content.decode()
    assert "PIGEON is not a channel" in text


def test_counter_may_not_choose_the_channel(sign_in: SignIn, counter_user: User, queue: list[Card]) -> None:
    client = sign_in(counter_user)
    assert client.post(reverse("web:card-channel", args=[queue[0].reference])).status_code == 403
    assert Card.objects.get(pk=queue[0].pk).channel == "POST"


def test_supervisor_holds_a_list_of_cards(boss: Client, queue: list[Card]) -> None:
    typed = {
        "references": f"{queue[0].reference}\n{queue[1].reference.lower()}", "action": "WAIT", "channel": "",
        "starts_on": "2020-05-01", "ends_on": "", "reason": "alamat diragukan",
    }  # fmt: skip
    text = boss.post(reverse("web:hold-of-list"), typed, follow=True).content.decode()
    assert "it caught 2 cards" in text
    assert "list of 2 cards" in text
    typed["references"] = "T0"
    text = boss.post(reverse("web:hold-of-list"), typed).content.decode()
    assert "No card of this office has the number T0" in text
    assert "alamat diragukan" in text
    assert AreaHold.objects.count() == 1


def test_calibration_page_comes_in_the_chosen_format(clerk: Client) -> None:
    address = reverse("web:label-calibration")
    asked = {"format": "a4-3x8", "right_mm": "1.5", "down_mm": "-1"}
    answer = clerk.get(address, asked)
    assert answer["Content-Disposition"] == 'attachment; filename="kalibrasi-a4-3x8.pdf"'
    assert b"".join(answer).startswith(b"%PDF")
    assert b"".join(clerk.get(address, {"format": "zpl203"})).startswith(b"^XA")
    text = clerk.get(address, asked | {"right_mm": "999"}, follow=True).content.decode()
    assert "The offset is too large." in text
    assert clerk.get(address, {"format": "papyrus"}).status_code == 302
