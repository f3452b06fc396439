"""A shipment's way on pages: backlog, preview, batch, pack, close, papers, handover, cancel; numbers; courier files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from delivery.models import CourierFile, Delivery
from jobs.services import run_job
from offices.models import HandoverPolicy, Office
from privacy.models import AccessRecord
from shipments.backlog import fill_backlog
from shipments.models import BacklogEntry, Card, Item, NumberBlock, Shipment
from shipments.numbers import make_reference
from tests import factories

SignIn = Callable[[User], Client]
HTMX = {"hx-request": "true"}


@pytest.fixture
def queue(registry: Office, post_office: Office) -> list[Card]:
    """Three cards that are ready to be posted."""
    cards = factories.make_cards(office=registry, number=3)
    for serial, card in enumerate(cards, 1):
        card.reference = make_reference(serial)
    Card.objects.bulk_update(cards, ["reference"])
    fill_backlog(office_id=registry.pk, at=timezone.now())
    return cards


@pytest.fixture
def clerk(sign_in: SignIn, printing_user: User) -> Client:
    return sign_in(printing_user)


def batch(client: Client) -> Shipment:
    client.post(reverse("web:backlog-batch"))
    return Shipment.objects.get()


def page_of(client: Client, shipment: Shipment) -> str:
    return client.get(f"/kiriman/{shipment.pk}/").content.decode()


@pytest.mark.usefixtures("queue")
def test_preview_writes_nothing_and_batching_makes_what_it_showed(clerk: Client) -> None:
    preview = clerk.get(reverse("web:backlog-preview")).content.decode()
    assert "Buat 1 kiriman ini" in preview
    assert not Shipment.objects.exists()
    page = clerk.post(reverse("web:backlog-batch"), follow=True).content.decode()
    assert "1 kiriman dengan 3 kartu dibuat." in page
    assert not BacklogEntry.objects.exists()


def test_pack_check_knows_what_belongs_and_what_does_not(clerk: Client, queue: list[Card]) -> None:
    shipment = batch(clerk)
    address = reverse("web:shipment-pack", args=[shipment.pk])
    assert (
        "Benar di sini" in clerk.post(address, {"scanned": queue[0].reference}, headers=HTMX).content.decode()
    )
    assert (
        "Sudah dipindai"
        in clerk.post(address, {"scanned": queue[0].reference}, headers=HTMX).content.decode()
    )
    foreign = clerk.post(address, {"scanned": make_reference(77)}, headers=HTMX).content.decode()
    assert "Bukan kiriman ini" in foreign
    assert 'data-sound="bad"' in foreign


def test_closing_asks_first_and_refuses_what_was_half_packed(clerk: Client, queue: list[Card]) -> None:
    shipment = batch(clerk)
    clerk.post(reverse("web:shipment-pack", args=[shipment.pk]), {"scanned": queue[0].reference})
    address = reverse("web:shipment-close", args=[shipment.pk])
    assert "Tutup kiriman ini?" in clerk.get(address).content.decode()
    assert "2 kiriman belum dipindai ke kantongnya" in clerk.post(address).content.decode()
    shipment.refresh_from_db()
    assert shipment.state == "OPEN"
    clerk.post(address, {"despite_unpacked": "on"})
    shipment.refresh_from_db()
    assert (shipment.state, shipment.item_count) == ("CLOSED", 3)


@pytest.mark.usefixtures("queue")
def test_the_manifest_comes_after_closing_and_who_took_it_is_recorded(clerk: Client) -> None:
    shipment = batch(clerk)
    manifest = reverse("web:shipment-manifest", args=[shipment.pk, "pdf"])
    assert clerk.get(manifest).status_code == 302  # refused: back to the shipment, with the reason
    clerk.post(reverse("web:shipment-close", args=[shipment.pk]))
    assert b"".join(clerk.get(manifest)).startswith(b"%PDF")
    taken = AccessRecord.objects.get()
    assert (taken.action, taken.subject_key, taken.records) == ("EXPORT", shipment.number, 3)


@pytest.mark.usefixtures("queue")
def test_handover_needs_both_officers_and_the_count_and_keeps_what_was_typed(clerk: Client) -> None:
    shipment = batch(clerk)
    clerk.post(reverse("web:shipment-close", args=[shipment.pk]))
    address = reverse("web:shipment-hand-over", args=[shipment.pk])
    form = {
        "given": "2", "giver_name": "Rina Contoh", "giver_position": "Kasi", "taker_name": "Agus Contoh",
        "taker_position": "Manajer",
    }  # fmt: skip
    page = clerk.post(address, form).content.decode()
    assert "Kiriman berisi 3 kartu, terhitung 2." in page
    assert 'value="Rina Contoh"' in page
    clerk.post(address, {**form, "given": "3"})
    shipment.refresh_from_db()
    assert shipment.state == "HANDED_OVER"
    assert Delivery.objects.filter(status="POSTED").count() == 3
    record = clerk.get(reverse("web:shipment-handover-record", args=[shipment.pk]))
    assert b"".join(record).startswith(b"%PDF")


def test_cards_are_taken_out_and_added_by_hand(clerk: Client, queue: list[Card]) -> None:
    shipment = batch(clerk)
    clerk.post(reverse("web:shipment-remove", args=[shipment.pk]), {"references": [queue[0].reference]})
    assert Item.objects.filter(shipment=shipment, live=True).count() == 2
    fill = reverse("web:shipment-fill", args=[shipment.pk])
    refused = clerk.post(fill, {"references": "K1"}).content.decode()
    assert "Kartu ini belum siap dikirim: K1" in refused
    assert ">K1</textarea>" in refused
    clerk.post(fill, {"references": queue[0].reference})
    assert Item.objects.filter(shipment=shipment, live=True).count() == 3


@pytest.mark.usefixtures("queue")
def test_cancelling_needs_a_reason_and_gives_the_cards_back(clerk: Client) -> None:
    shipment = batch(clerk)
    address = reverse("web:shipment-cancel", args=[shipment.pk])
    clerk.post(address, {"reason": ""})
    shipment.refresh_from_db()
    assert shipment.state == "OPEN"
    clerk.post(address, {"reason": "salah kantor pos"})
    shipment.refresh_from_db()
    assert shipment.state == "CANCELLED"
    assert BacklogEntry.objects.count() == 3


def test_a_block_of_numbers_is_entered_once(clerk: Client, registry: Office) -> None:
    form = {
        "which": "block",
        "service_indicator": "rr",
        "first_serial": "47312000",
        "last_serial": "47312999",
    }
    assert clerk.post("/nomor/", form).status_code == 302
    page = clerk.post("/nomor/", form).content.decode()
    assert "bertumpang tindih" in page
    assert 'value="47312000"' in page
    assert NumberBlock.objects.get().service_indicator == "RR"


def test_too_few_numbers_are_told_before_and_refused_at_batching(
    clerk: Client, queue: list[Card], registry: Office
) -> None:
    clerk.post(
        "/nomor/", {"which": "block", "service_indicator": "RR", "first_serial": "1", "last_serial": "2"}
    )
    assert "Diperlukan 3 nomor kiriman, tersisa 2." in clerk.get("/antrean/pratinjau/").content.decode()
    page = clerk.post(reverse("web:backlog-batch"), follow=True).content.decode()
    assert "Masukkan blok baru dari pos." in page
    assert BacklogEntry.objects.count() == 3


def test_a_partner_sees_a_shipment_from_closing_on_and_no_link_to_cards(
    clerk: Client, queue: list[Card], sign_in: SignIn, partner: User
) -> None:
    shipment = batch(clerk)
    other_side = sign_in(partner)
    assert other_side.get(f"/kiriman/{shipment.pk}/").status_code == 404
    clerk.post(reverse("web:shipment-close", args=[shipment.pk]))
    page = page_of(other_side, shipment)
    assert queue[0].reference in page
    assert "/kartu/" not in page
    assert "/label/" not in page


def test_shipments_hold_what_the_policy_says(clerk: Client, registry: Office, queue: list[Card]) -> None:
    HandoverPolicy.objects.create(office=registry, items_per_shipment=2, items_per_bag=1)
    assert "Buat 2 kiriman ini" in clerk.get("/antrean/pratinjau/").content.decode()


def test_a_courier_file_is_checked_then_applied_then_undone(
    clerk: Client, queue: list[Card], sign_in: SignIn, supervisor: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    shipment = batch(clerk)
    clerk.post(reverse("web:shipment-close", args=[shipment.pk]))
    clerk.post(
        reverse("web:shipment-hand-over", args=[shipment.pk]),
        {"given": "3", "giver_name": "A", "giver_position": "B", "taker_name": "C", "taker_position": "D"},
    )
    day = timezone.localtime().strftime("%d/%m/%Y %H:%M")
    lines = ["No Resi;Status;Keterangan;Tanggal Update"]
    lines += [
        f"{queue[0].reference};DELIVERED;DITERIMA YANG BERSANGKUTAN;{day}",
        f"{queue[1].reference};BLABLA;;{day}",
    ]
    file = SimpleUploadedFile("status.csv", "\n".join(lines).encode())
    clerk.post("/berkas-kurir/", {"file": file, "what": "preview"})
    news = CourierFile.objects.get()
    address = f"/berkas-kurir/{news.pk}/"
    assert f'hx-get="{address}"' in clerk.get(address).content.decode()
    assert news.job is not None
    run_job(news.job.pk)
    assert "Belum ada yang berubah." in clerk.get(address).content.decode()
    assert not Delivery.objects.filter(status="DELIVERED").exists()
    clerk.post(f"{address}terapkan/")
    news.refresh_from_db()
    assert news.job is not None
    run_job(news.job.pk)
    assert Delivery.objects.filter(status="DELIVERED").count() == 1
    chief = sign_in(supervisor)
    texts = chief.get("/teks-status/").content.decode()
    assert "BLABLA" in texts
    chief.post("/teks-status/", {"courier": "POS", "status_text": "BLABLA", "status": "IN_TRANSIT"})
    assert 'value="BLABLA"' not in chief.get("/teks-status/").content.decode()
    refused = chief.post(f"{address}batal/", {"reason": " "}, follow=True).content.decode()
    assert "Tulis alasannya" in refused
    chief.post(f"{address}batal/", {"reason": "berkas salah"})
    news.refresh_from_db()
    assert news.job is not None
    run_job(news.job.pk)
    assert not Delivery.objects.filter(status="DELIVERED").exists()
