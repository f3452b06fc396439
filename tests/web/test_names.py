"""A name that was corrected alike again and again is learnt when the supervisor says so, and then understood."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from addresses.models import Address, RegionAlias, Verdict
from addresses.outcome import AddressInput
from addresses.services import build_addresses
from offices.models import Office
from shipments.backlog import review_queue
from tests import factories
from tests.conftest import NOW
from tests.web.conftest import SignIn

NAMES = "/tinjau-alamat/nama/"
JATIMULYA = "32.16.06.1001"
TYPED = AddressInput(
    alamat="Jl. Contoh No. 1", rt_rw="001/002", desa_kelurahan="Kampung Depo", kecamatan="Tambun Selatan",
    kabupaten="Kab. Bekasi", provinsi="Jawa Barat",
)  # fmt: skip


@pytest.fixture
def suggestion(registry: Office) -> RegionAlias:
    return RegionAlias.objects.create(
        name="Kampung Depo",
        parent_code="32.16.06",
        region_code=JATIMULYA,
        state=RegionAlias.State.SUGGESTED,
        uses=9,
    )


@pytest.fixture
def waiting(registry: Office) -> Address:
    (address,) = build_addresses(office_id=registry.pk, inputs=[TYPED], at=NOW)
    address.save()
    assert address.verdict != Verdict.DELIVERABLE
    return address


@pytest.fixture
def desk(supervisor: User, sign_in: SignIn) -> Client:
    return sign_in(supervisor)


def test_a_suggested_name_is_listed_with_what_it_means(desk: Client, suggestion: RegionAlias) -> None:
    page = desk.get(NAMES).content.decode()
    assert "Kampung Depo" in page
    assert "Jatimulya" in page


def test_a_learnt_name_makes_waiting_addresses_deliverable(
    desk: Client, suggestion: RegionAlias, waiting: Address
) -> None:
    desk.post(NAMES, {"alias": suggestion.pk, "accept": "yes"})
    suggestion.refresh_from_db()
    waiting.refresh_from_db()
    assert suggestion.state == RegionAlias.State.ACCEPTED
    assert (waiting.verdict, waiting.village_code) == (Verdict.DELIVERABLE, JATIMULYA)
    assert waiting.desa_kelurahan == "Kampung Depo"
    assert AuditEntry.objects.filter(operation="DECIDE_NAME").count() == 1


def test_a_refused_name_is_not_suggested_again(
    desk: Client, suggestion: RegionAlias, waiting: Address
) -> None:
    desk.post(NAMES, {"alias": suggestion.pk, "accept": "no"})
    waiting.refresh_from_db()
    assert waiting.verdict != Verdict.DELIVERABLE
    assert "Kampung Depo" not in desk.get(NAMES).content.decode()


@pytest.mark.parametrize("key", ["", "x", "999999", "9" * 40])
def test_a_name_that_is_not_suggested_is_refused(desk: Client, suggestion: RegionAlias, key: str) -> None:
    desk.post(NAMES, {"alias": key, "accept": "yes"})
    assert RegionAlias.objects.filter(state=RegionAlias.State.ACCEPTED).count() == 0


def test_a_name_is_decided_once(desk: Client, suggestion: RegionAlias) -> None:
    desk.post(NAMES, {"alias": suggestion.pk, "accept": "no"})
    desk.post(NAMES, {"alias": suggestion.pk, "accept": "yes"})
    suggestion.refresh_from_db()
    assert suggestion.state == RegionAlias.State.REFUSED


def test_only_a_supervisor_decides(printing_user: User, sign_in: SignIn, suggestion: RegionAlias) -> None:
    assert sign_in(printing_user).post(NAMES, {"alias": suggestion.pk, "accept": "yes"}).status_code == 403


def test_names_are_listed_and_decided_by_api(desk: Client, suggestion: RegionAlias, waiting: Address) -> None:
    (listed,) = desk.get("/api/v1/review/names/").json()
    assert (listed["name"], listed["uses"]) == ("Kampung Depo", 9)
    answer = desk.post(
        "/api/v1/review/names/decisions/",
        {"alias_id": suggestion.pk, "accept": True},
        content_type="application/json",
    )
    assert answer.json() == {"deliverable": 1}


def test_the_desk_begins_with_the_oldest_print(registry: Office) -> None:
    newer = factories.make_cards(
        office=registry, number=3, verdict=Verdict.NEEDS_REVIEW, printed_on=date(2020, 4, 9)
    )
    older = factories.make_cards(
        office=registry, number=1, verdict=Verdict.NEEDS_REVIEW, printed_on=date(2020, 4, 2)
    )
    Address.objects.filter(card__in=newer).update(group_key="baru / tambun selatan")
    Address.objects.filter(card__in=older).update(group_key="lama / tambun selatan")
    groups = review_queue(office_id=registry.pk, limit=10)
    assert [(group.group_key, group.count) for group in groups] == [
        ("lama / tambun selatan", 1),
        ("baru / tambun selatan", 3),
    ]
