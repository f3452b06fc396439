"""The register of breaches: a clock from when it was noticed, entries that only the protection officer writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role
from offices.models import Office
from privacy.breaches import BreachFacts, BreachFault, BreachRefused, correct_breach, record_breach
from privacy.models import AccessRecord, Breach
from tests import factories

pytestmark = pytest.mark.django_db
NOTICED = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
NOW = NOTICED + timedelta(hours=70)
HOUR = timedelta(hours=1)
FACTS = BreachFacts(
    what="Lembar kerja terkirim ke kantor lain", data_kinds="nama, alamat", measures="", people=12,
    occurred_at=None, noticed_at=NOTICED, authority_notified_at=None, people_notified_at=None,
)  # fmt: skip
TYPED = {
    "what": "Lembar kerja terkirim", "data_kinds": "nama", "people": "12", "occurred_at": "", "measures": "",
    "noticed_at": "2020-05-04T09:00", "authority_notified_at": "", "people_notified_at": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _thursday(settings: Settings) -> Iterator[None]:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        yield


def client_of(role: Role, office: Office) -> Client:
    client = Client()
    client.force_login(factories.make_user(role=role, office=office))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def officer(registry: Office) -> Client:
    return client_of(Role.DATA_PROTECTION, registry)


def entered(office: Office, facts: BreachFacts = FACTS) -> Breach:
    user = factories.make_user(role=Role.DATA_PROTECTION, office=office)
    return record_breach(office_id=office.pk, facts=facts, actor_id=user.pk, at=NOW)


def test_the_clock_runs_three_days_from_when_it_was_noticed_until_both_are_told(registry: Office) -> None:
    breach = entered(registry)
    assert (breach.due_at, breach.told_at) == (NOTICED + timedelta(hours=72), None)
    one = replace(FACTS, authority_notified_at=NOTICED + HOUR)
    assert correct_breach(breach_id=breach.pk, facts=one, at=NOW) == ["authority_notified_at"]
    breach.refresh_from_db()
    assert (breach.told_at, breach.told_in_time) == (None, False)
    both = replace(one, people_notified_at=NOTICED + 2 * HOUR, noticed_at=NOTICED + HOUR)
    correct_breach(breach_id=breach.pk, facts=both, at=NOW)
    breach.refresh_from_db()
    assert (breach.told_at, breach.told_in_time) == (NOTICED + 2 * HOUR, True)
    assert breach.due_at == NOTICED + timedelta(hours=73)
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, data_kinds FROM privacy_breach")
        assert "Lembar" not in str(cursor.fetchone())


@pytest.mark.parametrize(
    ("wrong", "fault", "field"),
    [
        ({"noticed_at": NOW + HOUR}, BreachFault.TIME_AHEAD, "noticed_at"),
        ({"occurred_at": NOTICED + HOUR}, BreachFault.NOTICED_TOO_EARLY, "noticed_at"),
        ({"people_notified_at": NOTICED - HOUR}, BreachFault.TOLD_TOO_EARLY, "people_notified_at"),
        ({"authority_notified_at": NOW + HOUR}, BreachFault.TIME_AHEAD, "authority_notified_at"),
    ],
)
def test_times_that_cannot_be_are_refused(
    wrong: dict[str, datetime], fault: BreachFault, field: str, registry: Office
) -> None:
    facts = replace(FACTS, **wrong)  # type: ignore[arg-type]
    with pytest.raises(BreachRefused) as refused:
        entered(registry, facts)
    assert (refused.value.fault, refused.value.field) == (fault, field)
    assert not Breach.objects.exists()
    breach = entered(registry)
    with pytest.raises(BreachRefused):
        correct_breach(breach_id=breach.pk, facts=facts, at=NOW)
    if fault is not BreachFault.TIME_AHEAD:
        with pytest.raises(IntegrityError), transaction.atomic():
            Breach.objects.update(**wrong)


def test_the_officer_enters_corrects_and_exports(officer: Client, registry: Office) -> None:
    assert "No breach was entered." in officer.get("/kebocoran/").content.decode()
    assert officer.get("/kebocoran/baru/").status_code == 200
    refused = officer.post("/kebocoran/baru/", {**TYPED, "noticed_at": "2020-05-08T09:00"})
    assert refused.status_code == 422
    assert "The time lies in the future." in refused.content.decode()
    made = officer.post("/kebocoran/baru/", TYPED)
    breach = Breach.objects.get()
    assert made["Location"] == f"/kebocoran/{breach.pk}/"
    assert (breach.noticed_at, breach.people) == (NOTICED, 12)
    assert "2 hours left" in officer.get("/kebocoran/").content.decode().replace("\xa0", " ")
    assert "breaches to be told" in officer.get("/").content.decode()
    told = {"authority_notified_at": "2020-05-04T10:00", "people_notified_at": "2020-05-04T11:00"}
    assert officer.post(made["Location"], {**TYPED, **told}).status_code == 302
    assert "told in time" in officer.get("/kebocoran/").content.decode()
    assert "No breach was entered." in officer.get("/kebocoran/?state=open").content.decode()
    audited = AuditEntry.objects.order_by("pk").values_list("operation", "object_key", "details")
    assert list(audited) == [
        ("RECORD_BREACH", str(breach.pk), {"people": 12}),
        ("CORRECT_BREACH", str(breach.pk), {"fields": ["authority_notified_at", "people_notified_at"]}),
    ]
    text = b"".join(officer.get("/kebocoran/unduh.csv")).decode("utf-8-sig")
    assert "Lembar kerja terkirim" in text
    assert officer.get("/kebocoran/unduh.xlsx").status_code == 200
    assert officer.get("/kebocoran/unduh.pdf").status_code == 404
    assert [row.subject_kind for row in AccessRecord.objects.all()] == ["breach", "breach"]


def test_a_supervisor_reads_and_writes_nothing(registry: Office) -> None:
    breach = entered(registry)
    client = client_of(Role.SUPERVISOR, registry)
    assert "Enter a breach" not in client.get("/kebocoran/").content.decode()
    page = client.post(f"/kebocoran/{breach.pk}/", {**TYPED, "people": "99"}).content.decode()
    assert "<textarea" not in page
    assert client.post("/kebocoran/baru/", TYPED).status_code == 403
    assert client_of(Role.PRINTING, registry).get("/kebocoran/").status_code == 403
    breach.refresh_from_db()
    assert (Breach.objects.count(), breach.people) == (1, 12)


def test_another_offices_breaches_are_not_there(registry: Office) -> None:
    breach = entered(registry)
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client = client_of(Role.DATA_PROTECTION, foreign)
    assert client.get(f"/kebocoran/{breach.pk}/").status_code == 404
    assert client.post(f"/kebocoran/{breach.pk}/", TYPED).status_code == 404
    assert "Lembar" not in client.get("/kebocoran/").content.decode()
    assert "Lembar" not in b"".join(client.get("/kebocoran/unduh.csv")).decode()


def test_the_register_is_read_over_the_api(registry: Office) -> None:
    breach = entered(registry)
    client = APIClient()
    client.force_login(factories.make_user(role=Role.SUPERVISOR, office=registry))
    (row,) = client.get("/api/v1/breaches/?people_notified_at__isnull=true").json()["results"]
    assert (row["id"], row["what"], row["people"]) == (breach.pk, FACTS.what, 12)
    assert client.get("/api/v1/breaches/?people_notified_at__isnull=false").json()["results"] == []
    assert client.post("/api/v1/breaches/", {}, format="json").status_code == 405
