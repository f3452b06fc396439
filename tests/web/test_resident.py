"""The resident's pages give the holder what helps and everybody else one and the same answer."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import User
from delivery.access import link_token_of, pin_of
from delivery.enquiries import answer
from delivery.models import Appointment, Enquiry
from delivery.public_view import NextStep, PublicView, Stage
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Reason, Receiver, Status
from delivery.tracking import record_events
from offices.models import Closure, Office, Quota
from privacy.crypto import blind_index
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import SERVED_AT, shelve_cards
from web import resident_words

TRACK = "/lacak/"
CARD = "/lacak/kartu/"
DAY = "/lacak/hari/"
QUESTION = "/lacak/tanya/"
STATIC = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
SIXTY_KB = 60 * 1024


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


@pytest.fixture
def shelved(registry: Office, post_office: Office, counter: Office) -> Card:
    """A card that waits at its counter."""
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


@pytest.fixture
def reader(client: Client) -> Client:
    """Somebody who reads English, so that the tests can name sentences."""
    client.cookies["django_language"] = "en"
    return client


def page_of(client: Client, card: Card) -> str:
    look_up(client, number=card.reference, pin=pin_of(card))
    return client.get(CARD).content.decode()


@pytest.fixture
def card(registry: Office) -> Card:
    return factories.make_cards(office=registry, number=1)[0]


def look_up(client: Client, *, number: str, pin: str) -> int:
    return client.post(TRACK, {"way": "number", "number": number, "pin": pin}).status_code


def test_number_and_pin_open_the_card(client: Client, card: Card) -> None:
    response = client.post(TRACK, {"way": "number", "number": card.reference.lower(), "pin": pin_of(card)})
    assert response.status_code == 302
    assert response["Location"] == CARD
    page = client.get(CARD)
    assert page.status_code == 200
    assert "W*** C***" in page.content.decode()


def test_a_card_page_shows_no_address_number_or_full_name(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    page = client.get(CARD).content.decode()
    for secret in (card.nik, card.name, card.address.alamat, "Tambun Selatan", pin_of(card)):
        assert secret not in page


def test_a_wrong_pin_and_an_unknown_number_get_the_same_page(client: Client, card: Card) -> None:
    wrong = client.post(TRACK, {"way": "number", "number": card.reference, "pin": "AAAAAA"})
    unknown = client.post(TRACK, {"way": "number", "number": card.reference[:-1] + "X", "pin": "AAAAAA"})
    assert wrong.status_code == unknown.status_code == 404

    def without_input(page: bytes, number: str) -> str:
        text = page.decode().replace(number, "")
        return "".join(line for line in text.splitlines() if "csrfmiddlewaretoken" not in line)

    assert without_input(wrong.content, card.reference) == without_input(
        unknown.content, card.reference[:-1] + "X"
    )


def test_after_five_wrong_pins_the_right_one_is_refused_too(client: Client, card: Card) -> None:
    assert [look_up(client, number=card.reference, pin="AAAAAA") for _ in range(5)] == [404] * 5
    assert look_up(client, number=card.reference, pin=pin_of(card)) == 404


def test_the_sent_link_opens_the_card_and_leaves_no_secret_in_the_next_address(
    client: Client, card: Card
) -> None:
    response = client.get(f"/t/{link_token_of(card)}")
    assert response.status_code == 302
    assert response["Location"] == CARD
    assert client.get(CARD).status_code == 200


def test_an_altered_link_opens_nothing_and_leads_to_the_form(reader: Client, card: Card) -> None:
    token = link_token_of(card)
    response = reader.get(f"/t/{token[:-1]}{'B' if token.endswith('A') else 'A'}")
    assert response["Location"] == f"{TRACK}?news=stale"
    assert "This link is not valid any more." in reader.get(response["Location"]).content.decode()
    assert reader.get(CARD)["Location"] == TRACK


def test_raising_the_access_version_voids_pin_and_link(client: Client, card: Card) -> None:
    pin, token = pin_of(card), link_token_of(card)
    Card.objects.filter(pk=card.pk).update(access_version=2)
    assert look_up(client, number=card.reference, pin=pin) == 404
    assert client.get(f"/t/{token}")["Location"] == f"{TRACK}?news=stale"


def test_an_altered_cookie_opens_nothing(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    client.cookies["kartu"] = client.cookies["kartu"].value + "x"
    assert client.get(CARD)["Location"] == TRACK


def test_leaving_forgets_the_card(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    client.post("/lacak/tutup/")
    assert client.get(CARD)["Location"] == TRACK


@pytest.mark.parametrize(
    ("path", "referrer"), [(TRACK, "same-origin"), (CARD, "same-origin"), ("/t/salah", "no-referrer")]
)
def test_no_answer_is_kept_by_a_cache_listed_or_told_to_another_site(
    path: str, referrer: str, client: Client, db: None
) -> None:
    response = client.get(path)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == referrer
    assert "noindex" in response["X-Robots-Tag"]


def test_the_sign_in_page_leads_residents_to_the_lookup(client: Client, db: None) -> None:
    assert f'href="{TRACK}"' in client.get("/akun/login/").content.decode()


# what the page says


def test_the_timeline_has_five_steps_and_marks_where_the_card_is(
    reader: Client, registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    page = page_of(reader, mailed.cards[0])
    for step in ("Printed", "Sent", "At the post office", "Being delivered", "Received"):
        assert step in page
    assert page.count('class="step-name"') == 5
    assert page.count('aria-current="step"') == 1
    assert (page.count('class="done'), page.count("not yet")) == (2, 3)
    assert "Your card is on its way" in page
    assert "4 May 2020" in page


def test_a_failed_attempt_says_why_and_what_comes_next(
    reader: Client, registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    failed = [mailed.event(0, Status.ATTEMPT_FAILED, hours=hours, reason=Reason.ABSENT) for hours in (20, 40)]
    record_events(events=failed, recorded_at=SERVED_AT, recorded_by_id=None)
    page = page_of(reader, mailed.cards[0])
    assert "Your card could not be delivered yet" in page
    assert "Why the post could not deliver it: nobody was at home. The courier came 2 times." in page


def test_a_delivered_card_names_the_relation_only(
    reader: Client, registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    delivered = mailed.event(0, Status.DELIVERED, hours=40, receiver=Receiver.FAMILY)
    record_events(events=[delivered], recorded_at=SERVED_AT, recorded_by_id=None)
    assert "Received by: somebody of your family." in page_of(reader, mailed.cards[0])


@pytest.mark.parametrize(
    ("reason", "said"), [(Reason.DECEASED, False), (Reason.DAMAGED, False), (Reason.MOVED, True)]
)
def test_a_reason_that_would_hurt_is_not_said(
    reason: Reason, said: bool, reader: Client, registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    event = mailed.event(0, Status.RETURNING, hours=20, reason=reason)
    record_events(events=[event], recorded_at=SERVED_AT, recorded_by_id=None)
    assert ("Why the post could not deliver it" in page_of(reader, mailed.cards[0])) is said


def test_every_stage_step_and_news_has_words() -> None:
    assert set(resident_words.STAGES) == set(Stage)
    assert set(resident_words.NEXT_STEPS) == set(NextStep)
    spoken = set(resident_words.STATES)
    assert {step.value for step in NextStep} - {"COLLECT_AT_COUNTER", "NOTHING"} <= spoken


def test_the_page_gets_only_what_a_resident_may_see(client: Client, shelved: Card) -> None:
    look_up(client, number=shelved.reference, pin=pin_of(shelved))
    shown = client.get(CARD).context["view"]
    assert type(shown) is PublicView
    assert {field.name for field in fields(shown)} == {
        "card_id", "reference", "masked_name", "stage", "since", "next_step", "steps", "number", "reason",
        "receiver", "attempts", "counter", "visit",
    }  # fmt: skip
    page = client.get(CARD).content.decode()
    for secret in (
        shelved.nik,
        shelved.name,
        shelved.address.alamat,
        pin_of(shelved),
        link_token_of(shelved),
    ):
        assert secret not in page


def test_the_language_changes_without_losing_the_page(client: Client, card: Card) -> None:
    page = page_of(client, card)
    assert f'name="next" value="{CARD}"' in page
    client.post("/bahasa/", {"language": "en", "next": CARD})
    assert '<html lang="en"' in client.get(CARD).content.decode()


def test_not_found_is_explained(reader: Client, card: Card) -> None:
    response = reader.post(TRACK, {"way": "number", "number": card.reference, "pin": "AAAAAA"})
    page = response.content.decode()
    assert "Not found yet" in page
    assert "The card is not printed yet." in page
    assert f'value="{card.reference}"' in page


def test_nik_and_family_card_open_the_card(client: Client, card: Card) -> None:
    kk = "3216060101200001"
    Card.objects.filter(pk=card.pk).update(kk=kk, kk_index=blind_index(kk, purpose="card.kk"))
    response = client.post(TRACK, {"way": "identity", "nik": card.nik, "kk": kk})
    assert response["Location"] == CARD
    wrong = client.post(TRACK, {"way": "identity", "nik": card.nik, "kk": "3216060101200002"})
    assert wrong.status_code == 404
    assert '<details class="box" open>' in wrong.content.decode()


def test_an_empty_field_is_named(client: Client, db: None) -> None:
    response = client.post(TRACK, {"way": "number", "number": "", "pin": "AAAAAA"})
    assert response.status_code == 422
    assert 'id="id_number_error"' in response.content.decode()


# asking


def ask(client: Client, card: Card, text: str) -> Any:
    look_up(client, number=card.reference, pin=pin_of(card))
    return client.post(QUESTION, {"text": text})


def test_a_question_reaches_the_office_and_a_reload_asks_nothing(reader: Client, card: Card) -> None:
    response = ask(reader, card, "Kapan dikirim?")
    assert response["Location"] == f"{CARD}?news=asked"
    for _reload in range(2):
        assert "Your question has reached the office." in reader.get(response["Location"]).content.decode()
    assert card.enquiries.get().text == "Kapan dikirim?"


def test_an_empty_question_is_refused(reader: Client, card: Card) -> None:
    response = ask(reader, card, "  ")
    assert response.status_code == 422
    page = response.content.decode()
    assert "Write your question first." in page
    assert '<details class="box" open>' in page
    assert card.enquiries.count() == 0


def test_a_fourth_open_question_is_refused_and_its_text_is_kept(reader: Client, card: Card) -> None:
    for _number in range(3):
        ask(reader, card, "Kapan?")
    response = ask(reader, card, "Masih ada?")
    assert response.status_code == 422
    assert "3 of your questions wait for an answer." in response.content.decode()
    assert "Masih ada?</textarea>" in response.content.decode()
    assert Enquiry.objects.count() == 3


@pytest.mark.parametrize("path", [DAY, QUESTION])
def test_asking_and_booking_need_an_opened_card(path: str, client: Client, shelved: Card) -> None:
    assert client.post(path, {"text": "x", "day": "2020-05-26"})["Location"] == TRACK
    assert not Enquiry.objects.exists()
    assert not Appointment.objects.exists()


# choosing a day


def choose(client: Client, card: Card, **typed: str) -> Any:
    look_up(client, number=card.reference, pin=pin_of(card))
    return client.post(DAY, typed)


def standing(card: Card) -> list[date]:
    return list(card.appointments.filter(cancelled_at__isnull=True).values_list("day", flat=True))


def test_a_card_at_a_counter_shows_where_and_the_open_days(
    reader: Client, shelved: Card, counter: Office
) -> None:
    page = page_of(reader, shelved)
    for text in (
        counter.name,
        "Jl. Contoh 1",
        "Monday–Friday 08.00–15.00 WIB",
        "19 June 2020",
        "Ready to collect",
    ):
        assert text in page
    assert '<option value="2020-05-26T08:00">Tue, 26 May 08.00 · 3 places</option>' in page
    assert "2020-05-30" not in page  # a Saturday


def test_a_day_is_booked_moved_and_given_back(reader: Client, shelved: Card) -> None:
    response = choose(reader, shelved, day="2020-05-26")
    assert response["Location"] == f"{CARD}?news=booked"
    page = reader.get(response["Location"]).content.decode()
    assert "Your day is booked." in page
    assert "Tuesday, 26 May 2020" in page
    choose(reader, shelved, day="2020-05-27")
    assert standing(shelved) == [date(2020, 5, 27)]
    assert choose(reader, shelved, cancel="1")["Location"] == f"{CARD}?news=cancelled"
    assert standing(shelved) == []


@pytest.mark.parametrize(
    ("day", "status", "sentence"),
    [
        ("2020-05-24", 409, "That day has passed. Choose another one."),
        ("2020-07-01", 409, "Your card is kept until 19 June 2020."),
        ("2020-05-30", 409, "The counter is closed on 30 May 2020. Choose another day."),
        ("2020-05-28", 409, "The counter is closed on 28 May 2020. Choose another day."),
        ("besok", 422, "Choose one of the days."),
        ("", 422, "Choose one of the days."),
    ],
)
def test_a_day_is_refused_in_a_sentence(
    day: str, status: int, sentence: str, reader: Client, shelved: Card, counter: Office
) -> None:
    Closure.objects.create(office=counter, starts_on="2020-05-28", ends_on="2020-05-28", reason="x")
    response = choose(reader, shelved, day=day)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert standing(shelved) == []


def test_a_full_day_is_refused_and_not_offered(reader: Client, shelved: Card, counter: Office) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=0)
    assert "No day is free to book now." in page_of(reader, shelved)
    response = choose(reader, shelved, day="2020-05-26")
    assert response.status_code == 409
    assert "All places on 26 May 2020 are taken." in response.content.decode()
    assert standing(shelved) == []


def test_giving_back_a_day_that_was_not_booked_is_refused(reader: Client, shelved: Card) -> None:
    response = choose(reader, shelved, cancel="1")
    assert response.status_code == 409
    assert "You have no day to give back." in response.content.decode()


def test_choosing_a_day_for_a_card_that_is_not_at_a_counter_is_refused(reader: Client, card: Card) -> None:
    response = choose(reader, card, day="2020-05-26")
    assert response.status_code == 409
    assert "Your card is not at a counter now" in response.content.decode()
    assert standing(card) == []


def test_a_refusal_that_residents_never_meet_still_has_a_sentence() -> None:
    with translation.override("en"):
        sentence = resident_words.refusal_words(DeliveryRefused(Code.NONCE_USED))
    assert sentence == "This is not possible now. Try again later, or ask at the office."


# weight


def test_the_pages_weigh_at_most_sixty_kilobytes_and_need_no_script(client: Client, shelved: Card) -> None:
    frame = sum((STATIC / name).stat().st_size for name in ("resident.css", "mark.svg"))
    look_up(client, number=shelved.reference, pin=pin_of(shelved))
    for path in (TRACK, CARD):
        page = client.get(path).content
        assert len(page) + frame < SIXTY_KB
        assert b"<script" not in page
        assert page.count(b"resident.css") == 1
        assert page.count(b'rel="stylesheet"') == 1


def test_the_offices_answer_stands_on_the_holders_page(client: Client, card: Card, supervisor: User) -> None:
    assert ask(client, card, "Kapan dikirim?").status_code == 302
    asked = card.enquiries.get()
    answer(enquiry_id=asked.pk, text="Minggu depan.", actor_id=supervisor.pk, at=SERVED_AT)
    page = client.get(CARD).content.decode()
    assert "Minggu depan." in page
    assert "Kapan dikirim?" not in page
