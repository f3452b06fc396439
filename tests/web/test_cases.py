"""Differences at handover as a list of cases: owner, settling, and who may."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Role, User
from offices.models import Office
from shipments.models import Handover, HandoverDifference
from tests import factories
from tests.delivery.mailing import mail_cards

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def case(registry: Office, post_office: Office) -> HandoverDifference:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    handover = Handover.objects.create(
        shipment=mailed.shipment, given=1, giver="A", taker="B", handed_over_at=timezone.now(), received=0,
        received_at=timezone.now(),
    )  # fmt: skip
    return HandoverDifference.objects.create(
        handover=handover, kind="MISSING", item=mailed.items[0], opened_at=timezone.now()
    )


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def test_open_cases_are_listed_assigned_and_settled(
    case: HandoverDifference, sign_in: SignIn, printing_user: User, supervisor: User
) -> None:
    client = english(sign_in(printing_user))
    assert f"/selisih/{case.pk}/selesai/" in client.get(reverse("web:cases")).content.decode()
    text = client.post(
        reverse("web:case-assign", args=[case.pk]), {"owner": supervisor.pk}, follow=True
    ).content.decode()
    assert f"The case belongs to {supervisor.username} now." in text
    text = client.post(
        reverse("web:case-settle", args=[case.pk]), {"resolution": "ditemukan"}, follow=True
    ).content.decode()
    assert "The case was settled." in text
    assert "There is no such difference." in text
    assert "ditemukan" in client.get(reverse("web:cases"), {"state": "settled"}).content.decode()
    text = client.post(
        reverse("web:case-settle", args=[case.pk]), {"resolution": "lagi"}, follow=True
    ).content.decode()
    assert "This difference was settled already." in text


@pytest.mark.parametrize("owner", ["", "0", "x", "²"])
def test_case_is_given_only_to_somebody_of_the_office(
    case: HandoverDifference, sign_in: SignIn, printing_user: User, owner: str
) -> None:
    client = english(sign_in(printing_user))
    text = client.post(
        reverse("web:case-assign", args=[case.pk]), {"owner": owner}, follow=True
    ).content.decode()
    assert "Choose a person of this office." in text
    case.refresh_from_db()
    assert case.owner_id is None


def test_settling_needs_a_word_how(case: HandoverDifference, sign_in: SignIn, printing_user: User) -> None:
    client = english(sign_in(printing_user))
    text = client.post(
        reverse("web:case-settle", args=[case.pk]), {"resolution": " "}, follow=True
    ).content.decode()
    assert "Write how the difference was settled." in text
    case.refresh_from_db()
    assert case.closed_at is None


def test_partner_sees_its_cases_and_settles_none(
    case: HandoverDifference, sign_in: SignIn, partner: User, registry: Office
) -> None:
    client = english(sign_in(partner))
    text = client.get(reverse("web:cases")).content.decode()
    assert case.handover.shipment.number in text
    assert "/selesai/" not in text
    assert client.post(reverse("web:case-settle", args=[case.pk])).status_code == 403
    other = factories.make_office(
        code="17999", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16"
    )
    stranger = english(sign_in(factories.make_user(role=Role.PARTNER, office=other)))
    assert case.handover.shipment.number not in stranger.get(reverse("web:cases")).content.decode()
