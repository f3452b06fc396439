"""A village officer's link opens once, on one phone, until the day of return; reports by it follow the desk's rule."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import AuditEntry, User
from delivery import lookup_limits
from delivery.models import CounterStay, Delivery, LookupLimit, VillageList, VillageListLink
from delivery.refusals import Code, DeliveryRefused
from delivery.tracking import refold
from delivery.village_links import (
    OpenedLink,
    can_open,
    cards_on_phone,
    link_with,
    live_link,
    make_link,
    open_link,
    opened_list,
    report_on_phone,
    revoke_link,
    take_back_on_phone,
)
from delivery.village_lists import VillageResult, make_village_list, report, take_results_back
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import Card, CirculatingCard
from tests import factories
from tests.delivery.crowds import at_once, crowd, told
from tests.delivery.mailing import state_of
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
TODAY = date(2020, 5, 25)
RETURN_BY = TODAY + timedelta(days=14)
LATER = SERVED_AT + timedelta(hours=1)
PHONE = "10.0.0.1"


@pytest.fixture
def bundle(registry: Office, post_office: Office, counter: Office) -> VillageList:
    """Three cards that were handed to a village's officer."""
    shelve_cards(registry=registry, post_office=post_office, number=3)
    return make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Sekretaris Kelurahan",
        return_by=RETURN_BY, actor_id=None, at=SERVED_AT,
    )  # fmt: skip


def token_of(bundle: VillageList, actor: User | None = None) -> str:
    made = make_link(
        village_list_id=bundle.pk, actor_id=actor.pk if actor is not None else None, at=SERVED_AT
    )
    return made.url.rstrip("/").rpartition("/")[2]


def opened(bundle: VillageList) -> OpenedLink:
    link = open_link(token=token_of(bundle), client=PHONE, at=LATER)
    assert link is not None
    return link


def tell(link: OpenedLink, position: int, result: str, **fields: Any) -> None:
    given = {"relation": "FAMILY", "on": TODAY, "at": LATER, **fields}
    report_on_phone(link_id=link.link_id, secret=link.secret, position=position, result=result, **given)


def refusal(call: Callable[..., Any], **fields: Any) -> Code:
    with pytest.raises(DeliveryRefused) as refused:
        call(**fields)
    assert str(refused.value)
    return refused.value.code


def cards_of(bundle: VillageList) -> list[Card]:
    return [entry.card for entry in bundle.entries.select_related("card").order_by("position")]


def test_a_link_opens_once_and_keeps_only_digests(bundle: VillageList, supervisor: User) -> None:
    token = token_of(bundle, supervisor)
    assert len(token) == 32
    assert can_open(token=token, client=PHONE, at=LATER)
    assert can_open(token=token, client=PHONE, at=LATER)
    link = open_link(token=token, client=PHONE, at=LATER)
    assert link is not None
    assert not can_open(token=token, client=PHONE, at=LATER)
    assert open_link(token=token, client="10.0.0.2", at=LATER) is None
    row = VillageListLink.objects.get()
    assert (row.opened_at, row.made_by, link_with(token=token)) == (LATER, supervisor, row.pk)
    assert not {token, link.secret} & {row.digest, row.browser_digest}
    assert AuditEntry.objects.filter(operation="OPEN_VILLAGE_LINK").count() == 1
    left = AccessRecord.objects.get(subject_kind="village_list")
    assert (left.actor, left.action, left.subject_key, left.records) == (
        supervisor, "EXPORT", bundle.number, 3,
    )  # fmt: skip
    found = opened_list(link_id=link.link_id, secret=link.secret, client=PHONE, at=LATER)
    assert found is not None
    assert (found.number, found.cards, found.out, found.given, found.closed) == (
        bundle.number,
        3,
        3,
        0,
        False,
    )


def test_a_link_ends_with_the_day_of_return_or_the_most_days(bundle: VillageList, settings: Settings) -> None:
    token = token_of(bundle)
    midnight = SERVED_AT + timedelta(days=14, hours=14)  # 00.00 in the office's zone, after the day of return
    assert live_link(village_list_id=bundle.pk, at=midnight - timedelta(seconds=1)) is not None
    assert can_open(token=token, client=PHONE, at=midnight - timedelta(seconds=1))
    assert not can_open(token=token, client=PHONE, at=midnight)
    assert live_link(village_list_id=bundle.pk, at=midnight) is None
    assert refusal(make_link, village_list_id=bundle.pk, actor_id=None, at=midnight) is Code.LINK_NOT_POSSIBLE
    settings.VILLAGE_LINK_DAYS = 2
    made = make_link(village_list_id=bundle.pk, actor_id=None, at=SERVED_AT)
    assert made.expires_at == SERVED_AT + timedelta(days=2)


@pytest.mark.parametrize("end", ["revoked", "made anew", "expired"])
def test_what_has_ended_opens_no_list_and_takes_no_report(bundle: VillageList, end: str) -> None:
    unopened = token_of(bundle)
    link = opened(bundle)
    at = LATER
    if end == "revoked":
        assert revoke_link(village_list_id=bundle.pk, actor_id=None, at=at)
        assert not revoke_link(village_list_id=bundle.pk, actor_id=None, at=at)
        assert AuditEntry.objects.filter(operation="REVOKE_VILLAGE_LINK").count() == 1
    elif end == "made anew":
        token_of(bundle)
    else:
        at = SERVED_AT + timedelta(days=15)
    assert not can_open(token=unopened, client=PHONE, at=at)
    assert opened_list(link_id=link.link_id, secret=link.secret, client=PHONE, at=at) is None
    assert refusal(tell, link=link, position=1, result="GIVEN", at=at) is Code.LINK_UNKNOWN
    take_back = partial(take_back_on_phone, link_id=link.link_id, position=1, at=at)
    assert refusal(take_back, secret=link.secret) is Code.LINK_UNKNOWN
    assert refusal(take_back, secret="x" * 32) is Code.LINK_UNKNOWN
    assert set(bundle.entries.values_list("result", flat=True)) == {"OPEN"}
    assert not AuditEntry.objects.filter(operation="REPORT_VILLAGE_LIST").exists()


def test_a_secret_opens_no_other_list(
    bundle: VillageList, registry: Office, post_office: Office, counter: Office
) -> None:
    link = opened(bundle)
    shelve_cards(registry=registry, post_office=post_office, number=1)
    other = make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="x",
        return_by=RETURN_BY, actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    second = opened(other)
    assert opened_list(link_id=second.link_id, secret=link.secret, client=PHONE, at=LATER) is None
    assert opened_list(link_id=link.link_id, secret=link.secret, client=PHONE, at=LATER) is not None
    assert refusal(tell, link=second, position=2, result="GIVEN") is Code.NOT_ON_LIST


def test_guessing_locks_the_sender_out_and_nobody_else(
    bundle: VillageList, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = lookup_limits.Limit(failures=2, window=timedelta(minutes=15), lock=timedelta(minutes=15))
    monkeypatch.setattr(lookup_limits, "CLIENT", limit)
    token = token_of(bundle)
    for _ in range(2):
        assert open_link(token="A" * 32, client="10.9.9.9", at=LATER) is None
    assert LookupLimit.objects.filter(locked_until__gt=LATER).count() == 1
    assert open_link(token=token, client="10.9.9.9", at=LATER) is None
    assert VillageListLink.objects.get().opened_at is None
    assert open_link(token=token, client=PHONE, at=LATER) is not None


def test_the_phone_reports_and_takes_back_by_the_desks_rule(bundle: VillageList) -> None:
    link = opened(bundle)
    first, second, third = cards_of(bundle)
    CirculatingCard.objects.create(nik_index=first.nik_index, card=first)
    tell(link, 1, "GIVEN", relation="HOLDER")
    tell(link, 1, "GIVEN", relation="HOLDER")
    tell(link, 2, "NOT_FOUND")
    assert [state_of(card)[0] for card in (first, second)] == ["GIVEN_BY_VILLAGE", "AT_VILLAGE"]
    assert not CirculatingCard.objects.exists()
    audited = AuditEntry.objects.filter(operation="REPORT_VILLAGE_LIST").order_by("pk")
    assert [(entry.actor, entry.details["link"], entry.details["news"]) for entry in audited] == [
        (None, link.link_id, 1), (None, link.link_id, 0), (None, link.link_id, 1),
    ]  # fmt: skip
    assert refusal(tell, link=link, position=1, result="NOT_FOUND") is Code.ALREADY_REPORTED
    for result in ("RETURNED", "OPEN", ""):
        assert refusal(tell, link=link, position=3, result=result) is Code.NOT_ON_LIST
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        assert refusal(tell, link=link, position=3, result="GIVEN", on=day) is Code.REPORT_DAY_INVALID
    assert refusal(tell, link=link, position=4, result="GIVEN") is Code.NOT_ON_LIST

    much_later = LATER + timedelta(minutes=1)
    for position in (1, 2):
        take_back_on_phone(link_id=link.link_id, secret=link.secret, position=position, at=much_later)
    assert set(bundle.entries.values_list("result", "relation", "reported_on")) == {("OPEN", "", None)}
    assert {state_of(card)[0] for card in (first, second, third)} == {"AT_VILLAGE"}
    assert CirculatingCard.objects.get().card == first
    tell(link, 1, "GIVEN", at=much_later + timedelta(minutes=1))
    assert state_of(first)[0] == "GIVEN_BY_VILLAGE"
    assert refold(repair=False).wrong == ()


def test_a_complete_list_shows_no_name_and_only_the_desk_reopens_it_that_day(bundle: VillageList) -> None:
    link = opened(bundle)
    unopened = VillageListLink.objects.get()
    report(
        village_list_id=bundle.pk, actor_id=None, at=LATER,
        results=[VillageResult(card_id=card.pk, result="GIVEN", on=TODAY) for card in cards_of(bundle)[:2]],
    )  # fmt: skip
    tell(link, 3, "GIVEN")
    found = opened_list(link_id=link.link_id, secret=link.secret, client=PHONE, at=LATER)
    assert found is not None
    assert (found.closed, found.given, list(cards_on_phone(opened=found, only_out=False))) == (True, 3, [])
    back = partial(take_back_on_phone, link_id=link.link_id, secret=link.secret, position=3)
    assert refusal(back, at=LATER) is Code.LIST_CLOSED
    assert refusal(make_link, village_list_id=bundle.pk, actor_id=None, at=LATER) is Code.LINK_NOT_POSSIBLE
    desk = partial(
        take_results_back, village_list_id=bundle.pk, card_ids=[cards_of(bundle)[2].pk], actor_id=None
    )
    assert refusal(desk, at=LATER + timedelta(days=1)) is Code.LIST_CLOSED
    assert desk(at=LATER + timedelta(minutes=1)) == 1
    bundle.refresh_from_db()
    assert (bundle.closed_at, state_of(cards_of(bundle)[2])[0]) == (None, "AT_VILLAGE")
    assert VillageListLink.objects.get() == unopened


def test_a_link_that_was_not_opened_before_the_list_was_complete_stays_shut(bundle: VillageList) -> None:
    token = token_of(bundle)
    results = [VillageResult(card_id=card.pk, result="RETURNED", on=TODAY) for card in cards_of(bundle)]
    report(village_list_id=bundle.pk, results=results, actor_id=None, at=LATER)
    assert open_link(token=token, client=PHONE, at=LATER) is None
    assert VillageListLink.objects.get().opened_at is None


def test_a_card_that_came_back_or_whose_person_has_another_print_is_not_taken_back(
    bundle: VillageList,
) -> None:
    back, given, _open = cards_of(bundle)
    results = [VillageResult(card_id=back.pk, result="RETURNED", on=TODAY)]
    results.append(VillageResult(card_id=given.pk, result="GIVEN", on=TODAY))
    report(village_list_id=bundle.pk, results=results, actor_id=None, at=LATER)
    CirculatingCard.objects.create(nik_index=given.nik_index, card=back)
    take = partial(take_results_back, village_list_id=bundle.pk, actor_id=None, at=LATER)
    assert refusal(take, card_ids=[given.pk, back.pk]) is Code.ALREADY_REPORTED
    assert refusal(take, card_ids=[given.pk]) is Code.NIK_CIRCULATES
    assert refusal(take, card_ids=[given.pk, 999_999]) is Code.NOT_ON_LIST
    assert state_of(given)[0] == "GIVEN_BY_VILLAGE"
    assert CounterStay.objects.get(live=True).card == back


def test_the_database_keeps_one_link_a_list(bundle: VillageList) -> None:
    token_of(bundle)
    for fields in (
        {"digest": "b"},
        {"digest": "c", "revoked_at": LATER, "opened_at": LATER},
        {"digest": "d", "revoked_at": LATER, "expires_at": SERVED_AT},
    ):
        row = {"village_list": bundle, "made_at": SERVED_AT, "expires_at": LATER, **fields}
        with pytest.raises(IntegrityError), transaction.atomic():
            VillageListLink.objects.create(**row)


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_at_once_one_opens_and_two_reports_at_once_count_once(
    bundle: VillageList, tmp_path: Path
) -> None:
    token = token_of(bundle)
    won: list[OpenedLink] = []

    def open_it(client: str) -> None:
        link = open_link(token=token, client=client, at=LATER)
        if link is not None:
            won.append(link)

    with crowd(tmp_path):
        assert at_once([partial(open_it, f"10.0.0.{n}") for n in range(4)], workers=4) == ["ok"] * 4
        assert len(won) == 1
        given, missing = partial(tell, won[0], 1, "GIVEN"), partial(tell, won[0], 1, "NOT_FOUND")
        outcomes = at_once([given, given, missing, given], workers=4)
        assert set(outcomes) <= {"ok", "ALREADY_REPORTED"}
        assert told(lambda: Delivery.objects.filter(status="GIVEN_BY_VILLAGE").count()) == 1
        revoke = partial(revoke_link, village_list_id=bundle.pk, actor_id=None, at=LATER)
        ended = at_once([revoke, partial(tell, won[0], 2, "GIVEN"), revoke], workers=3)
        assert ended[1] in ("ok", "LINK_UNKNOWN")
