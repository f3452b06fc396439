"""Labels over the API: asked for, drawn by workers, taken, stopped."""

from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Role, User
from jobs.models import Job
from jobs.services import run_job
from offices.models import Office
from privacy.models import AccessRecord
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from shipments.models import LabelPrint, LabelRun, Shipment
from shipments.numbering import add_s10_block
from tests import factories
from tests.api.conftest import Client

RUNS = "/api/v1/label-runs/"


@pytest.fixture
def shipment(
    registry: Office, post_office: Office, printing_user: User, settings: Settings, tmp_path: Path
) -> Shipment:
    settings.MEDIA_ROOT = tmp_path / "files"
    factories.make_cards(office=registry, number=3)
    day, now = date(2020, 5, 4), timezone.now()
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=1, last_serial=99, on=day)
    fill_backlog(office_id=registry.pk, at=now)
    batch_backlog(office_id=registry.pk, on=day, actor_id=printing_user.pk, at=now)
    return Shipment.objects.get()


@pytest.fixture
def printing(client_of: Client, printing_user: User) -> APIClient:
    return client_of(printing_user)


def labels_of(shipment: Shipment) -> str:
    return f"/api/v1/shipments/{shipment.pk}/labels/"


@pytest.mark.parametrize(
    ("name", "start", "media_type"),
    [("a4-3x8", b"%PDF", "application/pdf"), ("zpl203", b"^XA", "application/zpl")],
)
def test_labels_are_accepted_drawn_and_taken(
    printing: APIClient, shipment: Shipment, printing_user: User, name: str, start: bytes, media_type: str
) -> None:
    asked = printing.post(labels_of(shipment), {"format": name}, format="json")
    assert asked.status_code == 202
    run = LabelRun.objects.get()
    assert asked["Location"].endswith(f"{RUNS}{run.pk}/")
    (part,) = asked.json()["parts"]
    assert (part["shipment"], part["state"], part["total"], part["url"]) == (shipment.number, "QUEUED", 3, "")
    assert not LabelPrint.objects.exists()
    assert printing.get(f"/api/v1/label-files/{part['id']}/").json()["code"] == "label_file_missing"
    run_job(Job.objects.get().pk)
    (part,) = printing.get(asked["Location"]).json()["parts"]
    assert (part["state"], part["done"], part["labels"]) == ("SUCCEEDED", 3, 3)
    assert not AccessRecord.objects.exists()
    taken = printing.get(part["url"])
    assert (taken["Content-Type"], taken["Cache-Control"]) == (media_type, "no-store")
    assert b"".join(taken).startswith(start)
    record = AccessRecord.objects.get()
    assert (record.action, record.subject_key, record.records) == ("EXPORT", shipment.number, 3)
    assert record.actor == printing_user


def test_labels_are_asked_for_again_with_a_reason_only(printing: APIClient, shipment: Shipment) -> None:
    printing.post(labels_of(shipment), {"format": "zpl203"}, format="json")
    again = printing.post(labels_of(shipment), {"format": "zpl203"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "labels_in_work")
    run_job(Job.objects.get().pk)
    again = printing.post(labels_of(shipment), {"format": "zpl203"}, format="json")
    assert (again.status_code, again.json()["code"]) == (422, "reprint_needs_reason")
    assert LabelRun.objects.count() == 1
    answer = printing.post(labels_of(shipment), {"format": "zpl203", "reason": "macet"}, format="json")
    assert answer.status_code == 202


def test_many_shipments_are_asked_for_at_once_and_none_of_another_office(
    printing: APIClient, client_of: Client, shipment: Shipment, foreign_registry: Office
) -> None:
    asked = {"shipments": [shipment.pk], "format": "roll-100x150"}
    other = client_of(factories.make_user(role=Role.PRINTING, office=foreign_registry))
    refused = other.post(RUNS, asked, format="json")
    assert (refused.status_code, refused.json()["code"]) == (404, "shipment_unknown")
    assert not LabelRun.objects.exists()
    answers = [
        printing.post(RUNS, asked, format="json", headers={"Idempotency-Key": "cetak-1"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert LabelRun.objects.count() == 1
    assert other.get(answers[0]["Location"]).status_code == 404
    assert other.get(RUNS).json()["results"] == []


def test_an_unknown_format_is_refused(printing: APIClient, shipment: Shipment) -> None:
    refused = printing.post(labels_of(shipment), {"format": "a0"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "label_format_unknown")


def test_a_run_is_stopped_by_who_asked_for_it_or_a_supervisor(
    printing: APIClient, client_of: Client, shipment: Shipment, registry: Office, supervisor: User
) -> None:
    where = printing.post(labels_of(shipment), {"format": "zpl300"}, format="json")["Location"]
    colleague = client_of(factories.make_user(role=Role.PRINTING, office=registry))
    assert colleague.post(f"{where}cancel/").status_code == 403
    assert Job.objects.get().state == "QUEUED"
    stopped = client_of(supervisor).post(f"{where}cancel/")
    assert (stopped.status_code, stopped.json()["parts"][0]["state"]) == (202, "CANCELLED")
