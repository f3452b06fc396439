"""A post office confirms what came; what is missing, damaged or extra becomes a case, and nothing is half-written."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Role, User
from offices.models import Office
from shipments.models import Handover, HandoverDifference, Shipment
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards
from tests.web.conftest import SignIn


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    Handover.objects.create(
        shipment=mailed.shipment, given=3, giver="A, B", taker="C, D", handed_over_at=timezone.now()
    )
    return mailed


@pytest.fixture
def client(sign_in: SignIn, partner: User) -> Client:
    client = sign_in(partner)
    client.cookies["django_language"] = "en"
    return client


def address(mailed: Mailed) -> str:
    return f"/kiriman/{mailed.shipment.pk}/terima/"


def state(mailed: Mailed) -> str:
    return Shipment.objects.get(pk=mailed.shipment.pk).state


def receive(client: Client, mailed: Mailed, **typed: Any) -> Any:
    return client.post(address(mailed), typed)


def test_a_complete_receipt_is_confirmed(client: Client, mailed: Mailed) -> None:
    assert "3 items on the list" in client.get(address(mailed)).content.decode()
    response = client.post(address(mailed), {"received": "3"}, follow=True)
    assert response.redirect_chain[0][0] == f"/kiriman/{mailed.shipment.pk}/"
    assert "The receipt is confirmed: everything came." in response.content.decode()
    assert state(mailed) == "RECEIVED"
    assert not HandoverDifference.objects.exists()


def test_differences_become_cases(client: Client, mailed: Mailed) -> None:
    missing, damaged, _fine = mailed.items
    response = client.post(
        address(mailed),
        {
            "received": "3",
            "missing": missing.number,
            "damaged": f"{damaged.number}\n",
            "extra": "RR123456785ID",
        },
        follow=True,
    )
    assert "with 3 cases" in response.content.decode()
    assert sorted(HandoverDifference.objects.values_list("kind", flat=True)) == [
        "DAMAGED",
        "EXTRA",
        "MISSING",
    ]
    assert state(mailed) == "RECEIVED"


def test_a_count_that_does_not_agree_is_refused_and_what_was_typed_is_kept(
    client: Client, mailed: Mailed
) -> None:
    response = receive(client, mailed, received="2", damaged=mailed.items[0].number)
    assert response.status_code == 409
    assert response.context["refusal"] == (
        "3 given, 0 missing and 0 extra make 3, but 2 were counted. Correct the count or name what is missing or extra."
    )
    page = response.content.decode()
    assert 'value="2"' in page
    assert str(mailed.items[0].number) in page
    assert state(mailed) == "HANDED_OVER"
    assert not HandoverDifference.objects.exists()


def test_a_missing_item_of_another_shipment_is_refused(
    client: Client, mailed: Mailed, registry: Office, post_office: Office
) -> None:
    other = mail_cards(office=registry, post_office=post_office, number=1).items[0]
    response = receive(client, mailed, received="2", missing=other.number)
    assert response.status_code == 409
    assert str(other.number) in response.context["refusal"]
    assert state(mailed) == "HANDED_OVER"


def test_a_receipt_without_a_count_is_refused(client: Client, mailed: Mailed) -> None:
    response = receive(client, mailed, received="")
    assert response.status_code == 422
    assert "received" in response.context["form"].errors
    assert state(mailed) == "HANDED_OVER"


def test_a_receipt_is_confirmed_once(client: Client, mailed: Mailed) -> None:
    receive(client, mailed, received="3")
    response = receive(client, mailed, received="3")
    assert response.status_code == 409
    assert "This could not be done" in response.content.decode()
    assert "<textarea" not in client.get(address(mailed)).content.decode()


def test_another_post_office_finds_no_shipment(sign_in: SignIn, mailed: Mailed, registry: Office) -> None:
    office = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    client = sign_in(factories.make_user(role=Role.PARTNER, office=office))
    assert client.get(address(mailed)).status_code == 404
    assert receive(client, mailed, received="3").status_code == 404
    assert state(mailed) == "HANDED_OVER"


def test_scanning_every_item_finds_out_what_is_missing_and_extra(client: Client, mailed: Mailed) -> None:
    numbers = [str(item.number) for item in mailed.items]
    text = receive(client, mailed, scanned=f"{numbers[0]} {numbers[1]} KIRIMAN-LAIN").content
    assert state(mailed) == "RECEIVED", text
    found = HandoverDifference.objects.order_by("pk").values_list("kind", "item_id", "scanned")
    assert list(found) == [("MISSING", mailed.items[2].pk, ""), ("EXTRA", None, "KIRIMAN-LAIN")]


def test_receipt_comes_as_a_file_of_scans(client: Client, mailed: Mailed) -> None:
    rows = ["No,Nomor Kiriman,Catatan", *(f"{n},{item.number},ok" for n, item in enumerate(mailed.items, 1))]
    file = SimpleUploadedFile("terima.csv", "\n".join(rows).encode())
    receive(client, mailed, file=file)
    assert state(mailed) == "RECEIVED"
    assert not HandoverDifference.objects.exists()


def test_file_that_cannot_be_read_confirms_nothing(client: Client, mailed: Mailed) -> None:
    response = receive(client, mailed, file=SimpleUploadedFile("terima.xlsx", b"PK\x03\x04 not a workbook"))
    assert response.status_code == 409
    assert state(mailed) == "HANDED_OVER"


def test_misread_scan_and_both_ways_at_once_confirm_nothing(client: Client, mailed: Mailed) -> None:
    response = receive(client, mailed, scanned="RR000000006ID")
    assert response.status_code == 409
    assert "was misread" in response.content.decode()
    response = receive(client, mailed, received="3", scanned=str(mailed.items[0].number))
    assert response.status_code == 422
    assert "Either count or scan" in response.content.decode()
    assert "Count the items, or scan them all." in receive(client, mailed, received="").content.decode()
    assert state(mailed) == "HANDED_OVER"
