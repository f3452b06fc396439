"""Labels on pages: started from a shipment or a list, followed, taken, stopped."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from jobs.models import Job
from jobs.services import run_job
from offices.models import HandoverPolicy, Office
from privacy.models import AccessRecord
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from shipments.models import LabelPrint, LabelRun, Shipment
from tests import factories

SignIn = Callable[[User], Client]
HTMX = {"hx-request": "true"}


@pytest.fixture
def shipments(
    registry: Office, post_office: Office, printing_user: User, settings: Settings, tmp_path: Path
) -> list[Shipment]:
    """Two shipments of two cards each."""
    settings.MEDIA_ROOT = tmp_path / "files"
    HandoverPolicy.objects.create(office=registry, items_per_shipment=2, items_per_bag=2)
    factories.make_cards(office=registry, number=4)
    now = timezone.now()
    fill_backlog(office_id=registry.pk, at=now)
    batch_backlog(office_id=registry.pk, on=now.date(), actor_id=printing_user.pk, at=now)
    return list(Shipment.objects.order_by("pk"))


@pytest.fixture
def clerk(sign_in: SignIn, printing_user: User) -> Client:
    return sign_in(printing_user)


def test_labels_are_drawn_by_a_worker_and_offered_when_done(clerk: Client, shipments: list[Shipment]) -> None:
    first = shipments[0]
    answer = clerk.post(reverse("web:shipment-labels", args=[first.pk]), {"format": "a4-3x8", "start": "5"})
    run = LabelRun.objects.get()
    page = f"/label/{run.pk}/"
    assert answer["Location"] == page
    shown = clerk.get(page).content.decode()
    assert f'hx-get="{page}"' in shown
    assert "/label/berkas/" not in shown
    assert "Label sedang digambar." in clerk.get(f"/kiriman/{first.pk}/").content.decode()
    assert "HX-Refresh" not in clerk.get(page, headers=HTMX)
    run_job(Job.objects.get().pk)
    assert clerk.get(page, headers=HTMX)["HX-Refresh"] == "true"
    shown = clerk.get(page).content.decode()
    assert "Ambil 2 label" in shown
    part = run.parts.get()
    file = clerk.get(f"/label/berkas/{part.pk}/")
    assert file["Content-Disposition"] == f'attachment; filename="label-{first.number}.pdf"'
    assert (b"".join(file)[:4], file["Cache-Control"]) == (b"%PDF", "no-store")
    assert AccessRecord.objects.get().subject_key == first.number
    assert page in clerk.get(f"/pekerjaan/{part.job_id}/").content.decode()
    assert page in clerk.get(f"/kiriman/{first.pk}/").content.decode()


def test_labels_of_the_chosen_shipments_are_one_run_and_one_download(
    clerk: Client, shipments: list[Shipment]
) -> None:
    assert "Cetak label yang dipilih" in clerk.get("/kiriman/").content.decode()
    chosen = [str(shipment.pk) for shipment in shipments]
    clerk.post("/label/", {"shipment": chosen, "format": "zpl203"})
    run = LabelRun.objects.get()
    for job in Job.objects.all():
        run_job(job.pk)
    assert LabelPrint.objects.count() == 2
    packed = clerk.get(f"/label/{run.pk}/semua.zip")
    names = zipfile.ZipFile(io.BytesIO(b"".join(packed))).namelist()
    assert names == [f"label-{shipment.number}.zpl" for shipment in shipments]
    assert AccessRecord.objects.filter(action="EXPORT", records=2).count() == 2
    # the desk's printer is remembered, and what was printed before needs a reason; the choice is kept
    refused = clerk.post("/label/?state=OPEN", {"shipment": chosen[:1], "format": "zpl203"}).content.decode()
    assert "Tulis alasan untuk mencetaknya lagi" in refused
    assert f'value="{chosen[0]}" aria-label="{shipments[0].number}" checked' in refused
    assert f'value="{chosen[1]}" aria-label="{shipments[1].number}" checked' not in refused
    assert '<option value="zpl203" selected>' in clerk.get("/kiriman/").content.decode()
    assert LabelRun.objects.count() == 1


def test_nothing_is_printed_when_nothing_is_chosen_or_the_shipment_is_another_offices(
    clerk: Client, shipments: list[Shipment], sign_in: SignIn
) -> None:
    assert (
        "Pilih paling sedikit satu kiriman." in clerk.post("/label/", {"format": "zpl203"}).content.decode()
    )
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    stranger = sign_in(factories.make_user(role=Role.PRINTING, office=foreign))
    stranger.post("/label/", {"shipment": [str(shipments[0].pk)], "format": "zpl203"})
    assert not LabelRun.objects.exists()


def test_a_run_is_stopped_by_who_asked_for_it_or_a_supervisor(
    clerk: Client, shipments: list[Shipment], sign_in: SignIn, supervisor: User, registry: Office
) -> None:
    clerk.post(reverse("web:shipment-labels", args=[shipments[0].pk]), {"format": "a4-3x8"})
    stop = f"/label/{LabelRun.objects.get().pk}/henti/"
    colleague = sign_in(factories.make_user(role=Role.PRINTING, office=registry))
    assert colleague.post(stop).status_code == 403
    assert Job.objects.get().state == "QUEUED"
    sign_in(supervisor).post(stop)
    assert Job.objects.get().state == "CANCELLED"
    assert not LabelPrint.objects.exists()
