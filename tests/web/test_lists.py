"""Lists cost the same for twenty rows as for two, sort, page, filter and export."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import record
from addresses.models import Address, Verdict
from delivery.models import CourierFile
from delivery.status import Status
from delivery.tracking import NewEvent, record_events
from jobs.models import Job
from offices.models import Office
from privacy.models import AccessRecord
from privacy.services import record_access
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from shipments.models import Card, IntakeFile, Item, Shipment
from tests import factories

SignIn = Callable[[User], Client]


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


def make_posted_cards(office: Office, user: User, number: int) -> list[Card]:
    cards = factories.make_cards(office=office, number=number)
    now = timezone.now()
    fill_backlog(office_id=office.pk, at=now)
    batch_backlog(office_id=office.pk, on=now.date(), actor_id=user.pk, at=now)
    items = dict(Item.objects.filter(live=True).values_list("card_id", "pk"))
    record_events(
        events=[
            NewEvent(
                card_id=card.pk, item_id=items[card.pk], status=Status.POSTED, occurred_at=now, place="KC"
            )
            for card in cards
        ],
        recorded_at=now,
        recorded_by_id=user.pk,
    )
    return cards


def make_rows(office: Office, user: User, number: int) -> None:
    """Make `number` more of everything that lists show."""
    now = timezone.now()
    make_posted_cards(office, user, number)
    for card in factories.make_cards(office=office, number=number, verdict=Verdict.NEEDS_REVIEW):
        Address.objects.filter(pk=card.address_id).update(group_key=f"desa {card.pk} / tambun")
    for serial in range(number):
        IntakeFile.objects.create(
            office=office, name=f"{serial}.xlsx", sha256="0" * 64, uploaded_at=now, uploaded_by=user
        )
        CourierFile.objects.create(
            office=office, name=f"{serial}.xlsx", sha256="0" * 64, uploaded_at=now, uploaded_by=user
        )
        Job.objects.create(kind="cards.import", office=office, owner=user, created_at=now)
        record(
            actor_id=user.pk,
            office_id=office.pk,
            operation="X",
            object_kind="card",
            object_key="1",
            at=now,
            items=2,
        )
        record_access(
            actor_id=user.pk, action="OPEN", subject_kind="card", subject_keys=[str(serial)], at=now
        )


@pytest.mark.parametrize(
    "address",
    [
        "/", "/kartu/", "/kiriman/", "/cetakan/", "/berkas-kurir/", "/pekerjaan/", "/tinjau-alamat/", "/audit/",
        "/buku-besar/", "/antrean/", "/antrean/pratinjau/", "/kantor/", "/penutupan/",
    ],
)  # fmt: skip
def test_list_costs_the_same_for_two_rows_and_for_twenty(
    address: str, sign_in: SignIn, supervisor: User, registry: Office, post_office: Office
) -> None:
    client = sign_in(supervisor)
    make_rows(registry, supervisor, 2)
    few = queries_of(client, address)
    make_rows(registry, supervisor, 18)
    assert queries_of(client, address) == few


def test_shipment_costs_the_same_for_two_items_and_for_twenty(
    sign_in: SignIn, supervisor: User, registry: Office, post_office: Office
) -> None:
    client = sign_in(supervisor)
    make_posted_cards(registry, supervisor, 2)
    make_posted_cards(registry, supervisor, 20)
    small, large = Shipment.objects.order_by("pk")
    assert queries_of(client, f"/kiriman/{small.pk}/") == queries_of(client, f"/kiriman/{large.pk}/")


def test_cards_are_found_by_reference_number_and_name(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    first, second = factories.make_cards(office=registry, number=2)
    Card.objects.filter(pk=first.pk).update(name="Siti Rahayu")
    client = sign_in(printing_user)
    for asked in (first.reference, "siti"):
        page = client.get("/kartu/", {"q": asked}).content.decode()
        assert first.reference in page
        assert second.reference not in page


def test_cards_sort_by_the_column_that_is_asked_for(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    old, new = (
        factories.make_cards(office=registry, number=1, printed_on=day)[0]
        for day in (date(2020, 1, 1), date(2020, 3, 1))
    )
    client = sign_in(printing_user)
    page = client.get("/kartu/?sort=printed").content.decode()
    assert page.index(old.reference) < page.index(new.reference)
    page = client.get("/kartu/?sort=-printed").content.decode()
    assert page.index(old.reference) > page.index(new.reference)
    assert 'aria-sort="descending"' in page


def test_cards_page_by_fifty_and_keep_the_filter(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    factories.make_cards(office=registry, number=51)
    page = sign_in(printing_user).get("/kartu/?q=warga").content.decode()
    assert "1–50 dari 51" in page
    assert "?q=warga&amp;page=2" in page


def test_a_nik_is_looked_for_by_post_and_the_search_is_recorded(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    client = sign_in(printing_user)
    response = client.post("/kartu/cari/", {"q": card.nik})
    assert response["Location"] == f"/kartu/{card.reference}/"
    search = AccessRecord.objects.get()
    assert (search.action, search.subject_key, search.actor) == ("SEARCH", card.reference, printing_user)


def test_a_nik_never_stays_in_the_address_of_a_page(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    client = sign_in(printing_user)
    assert client.get("/kartu/", {"q": card.nik})["Location"] == "/kartu/"
    assert card.nik not in client.post("/kartu/cari/", {"q": factories.nik(999_999)})["Location"]


def test_opening_personal_data_is_recorded_and_masked_before(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    client = sign_in(printing_user)
    page = client.get(f"/kartu/{card.reference}/").content.decode()
    assert card.nik not in page
    assert f"••••{card.nik[-4:]}" in page
    assert not AccessRecord.objects.exists()
    opened = client.post(f"/kartu/{card.reference}/buka/", headers={"hx-request": "true"})
    assert card.nik in opened.content.decode()
    assert opened["Cache-Control"] == "no-store"
    assert AccessRecord.objects.get().subject_key == card.reference


def test_export_leaves_out_the_nik_and_is_recorded(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    cards = factories.make_cards(office=registry, number=3)
    response = sign_in(printing_user).get("/kartu/unduh/")
    text = b"".join(response).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Acuan,Nomor kiriman,Nama")
    assert len(text.splitlines()) == 4
    assert cards[0].nik not in text
    assert (AccessRecord.objects.get().action, AccessRecord.objects.get().records) == ("EXPORT", 3)


def test_each_bucket_of_the_ledger_leads_to_its_cards(
    sign_in: SignIn, supervisor: User, registry: Office
) -> None:
    (waiting,) = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    (damaged,) = factories.make_cards(office=registry, number=1, disposition="DAMAGED")
    client = sign_in(supervisor)
    assert "/kartu/?bucket=address_review" in client.get("/buku-besar/").content.decode()
    page = client.get("/kartu/?bucket=address_review").content.decode()
    assert waiting.reference in page
    assert damaged.reference not in page
