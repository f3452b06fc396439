"""Print check, review desk, holds, offices and data requests on pages."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Role, User
from addresses.models import Address, Verdict
from offices.models import Closure, Delegation, Office, Quota
from privacy.models import AccessRecord, DataRequest
from shipments.models import AreaHold, BacklogEntry, Card, CirculatingCard, Disposition
from shipments.numbers import make_reference
from tests import factories

SignIn = Callable[[User], Client]
HTMX = {"hx-request": "true"}


def make_card(office: Office, serial: int = 1) -> Card:
    (card,) = factories.make_cards(office=office, number=1)
    Card.objects.filter(pk=card.pk).update(reference=make_reference(serial))
    CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    card.refresh_from_db()
    return card


def test_print_check_answers_a_scan_large_and_lists_it(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    card = make_card(registry)
    client = sign_in(printing_user)
    page = client.post("/periksa-cetakan/", {"scanned": card.reference, "finding": "GOOD"}, headers=HTMX)
    text = page.content.decode()
    assert 'class="scan-answer scan-good"' in text
    assert 'data-sound="good"' in text
    assert f'href="/kartu/{card.reference}/"' in text


def test_print_check_refuses_damage_without_a_reason_and_keeps_what_was_chosen(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    card = make_card(registry)
    client = sign_in(printing_user)
    page = client.post(
        "/periksa-cetakan/", {"scanned": card.reference, "finding": "DAMAGED"}
    ).content.decode()
    assert "Tulis alasannya" in page
    assert 'value="DAMAGED" checked' in page
    card.refresh_from_db()
    assert card.disposition == Disposition.REGISTERED


def test_print_check_undoes_the_last_scan(sign_in: SignIn, printing_user: User, registry: Office) -> None:
    card = make_card(registry)
    client = sign_in(printing_user)
    client.post("/periksa-cetakan/", {"scanned": card.reference, "finding": "DAMAGED", "reason": "kabur"})
    card.refresh_from_db()
    assert card.disposition == Disposition.DAMAGED
    page = client.post("/periksa-cetakan/batal/", follow=True).content.decode()
    assert f"Pindaian {card.reference} dibatalkan." in page
    card.refresh_from_db()
    assert card.disposition == Disposition.REGISTERED


def test_print_check_never_shows_a_scanned_nik(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    nik = factories.nik(123_456)
    page = sign_in(printing_user).post("/periksa-cetakan/", {"scanned": nik, "finding": "GOOD"}, headers=HTMX)
    assert nik not in page.content.decode()
    assert f"••••{nik[-4:]}" in page.content.decode()


def test_print_check_by_nik_is_a_search_that_is_recorded(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    card = make_card(registry)
    client = sign_in(printing_user)
    for scanned in (card.reference, card.nik, factories.nik(123_456)):
        client.post("/periksa-cetakan/", {"scanned": scanned, "finding": "GOOD"}, headers=HTMX)
    searches = AccessRecord.objects.filter(action="SEARCH", actor=printing_user)
    assert sorted(searches.values_list("subject_key", flat=True)) == ["", card.reference]


def waiting_group(office: Office, number: int) -> list[Card]:
    cards = factories.make_cards(office=office, number=number, verdict=Verdict.NEEDS_REVIEW)
    Address.objects.filter(card__in=cards).update(
        group_key="jatimulyo / tambun selatan", village_code="", desa_kelurahan="Jatimulyo",
        next_action="CONFIRM", alternatives=[{"code": factories.JATIMULYA, "score": 90}],
    )  # fmt: skip
    return cards


def test_one_decision_sends_all_cards_of_a_group_to_the_backlog(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    waiting_group(registry, 3)
    client = sign_in(printing_user)
    address = "/tinjau-alamat/kelompok/?group=jatimulyo+%2F+tambun+selatan"
    page = client.get(address).content.decode()
    assert f'value="{factories.JATIMULYA}" checked' in page
    response = client.post(
        address, {"decision": "ACCEPTED", "village_code": factories.JATIMULYA, "everyone": "on"}, follow=True
    )
    assert "3 kartu sekarang dapat dikirim." in response.content.decode()
    assert BacklogEntry.objects.count() == 3


def test_a_decision_reaches_only_the_ticked_cards_when_asked(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    first, *_rest = waiting_group(registry, 3)
    client = sign_in(printing_user)
    client.post(
        "/tinjau-alamat/kelompok/?group=jatimulyo+%2F+tambun+selatan",
        {"decision": "ACCEPTED", "village_code": factories.JATIMULYA, "address": [str(first.address_id)]},
    )
    assert list(BacklogEntry.objects.values_list("card_id", flat=True)) == [first.pk]


def test_keys_that_are_no_keys_are_left_out_of_a_decision(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    typed = {"decision": "UNDELIVERABLE", "address": ["abc", "9" * 30, "-1"]}
    answer = sign_in(printing_user).post(f"/tinjau-alamat/kelompok/?group={card.address.group_key}", typed)
    assert answer.status_code < 500
    card.address.refresh_from_db()
    assert card.address.verdict == Verdict.NEEDS_REVIEW


def test_a_refused_decision_says_why_and_keeps_the_note(
    sign_in: SignIn, printing_user: User, registry: Office
) -> None:
    waiting_group(registry, 1)
    response = sign_in(printing_user).post(
        "/tinjau-alamat/kelompok/?group=jatimulyo+%2F+tambun+selatan",
        {"decision": "CORRECTED", "everyone": "on", "note": "telepon RT"},
    )
    page = response.content.decode()
    assert "Ubah sedikitnya satu isian, atau pilih keputusan lain." in page
    assert 'value="telepon RT"' in page


def test_a_village_is_found_by_name_held_and_released(
    sign_in: SignIn, supervisor: User, registry: Office
) -> None:
    factories.make_cards(office=registry, number=2)
    client = sign_in(supervisor)
    assert "/tahan-wilayah/32.16.06.1001/" in client.get("/tahan-wilayah/?find=jatimulya").content.decode()
    day = timezone.localdate().isoformat()
    response = client.post(
        "/tahan-wilayah/32.16.06.1001/",
        {"rws": "7", "action": "WAIT", "starts_on": day, "reason": "LRT"},
        follow=True,
    )
    assert "Penahanan dicatat; 2 kartu terkena." in response.content.decode()
    hold = AreaHold.objects.get()
    page = client.post(f"/tahan-wilayah/{hold.pk}/lepas/", follow=True).content.decode()
    assert "2 kartu tidak menunggu lagi" in page
    assert BacklogEntry.objects.count() == 2


def test_a_withdrawal_without_another_way_is_refused_and_nothing_is_lost(
    sign_in: SignIn, supervisor: User
) -> None:
    day = timezone.localdate().isoformat()
    response = sign_in(supervisor).post(
        "/tahan-wilayah/32.16.06.1001/",
        {"rws": "7", "action": "WITHDRAW", "starts_on": day, "reason": "Depo LRT"},
    )
    page = response.content.decode()
    assert "Kartu yang ditarik memerlukan jalur lain" in page
    assert 'value="Depo LRT"' in page
    assert not AreaHold.objects.exists()


def test_a_closure_is_written_and_taken_back(sign_in: SignIn, supervisor: User, counter: Office) -> None:
    client = sign_in(supervisor)
    today = timezone.localdate()
    form = {
        "office": counter.pk,
        "starts_on": today,
        "ends_on": today + timedelta(days=13),
        "reason": "tutup 14 hari",
    }
    assert client.post("/penutupan/", form).status_code == 302
    closure = Closure.objects.get(office=counter)
    assert client.post(f"/penutupan/{closure.pk}/batal/").status_code == 302
    assert not Closure.objects.exists()
    assert AuditEntry.objects.filter(operation="TAKE_BACK_CLOSURE").count() == 1


def test_a_closure_asks_for_an_office_or_a_region(sign_in: SignIn, supervisor: User, counter: Office) -> None:
    today = timezone.localdate()
    form = {"starts_on": today, "ends_on": today - timedelta(days=1), "reason": "alasan saya"}
    page = sign_in(supervisor).post("/penutupan/", form).content.decode()
    assert "Pilih kantor atau wilayah, salah satu." in page
    assert "Hari terakhir sebelum hari pertama" in page
    assert 'value="alasan saya"' in page
    assert not Closure.objects.exists()


def test_delegations_and_quotas_are_written(
    sign_in: SignIn, supervisor: User, counter: Office, registry: Office
) -> None:
    client = sign_in(supervisor)
    today = timezone.localdate()
    client.post(
        "/delegasi/",
        {
            "office": counter.pk,
            "delegate": registry.pk,
            "service": "RECEIVING",
            "starts_on": today,
            "ends_on": today,
        },
    )
    assert Delegation.objects.get().delegate == registry
    circle = {"office": registry.pk, "delegate": counter.pk, "service": "RECEIVING"}
    page = client.post("/delegasi/", {**circle, "starts_on": today, "ends_on": today}).content.decode()
    assert f"{registry.name} → {counter.name} → {registry.name}" in page
    assert Delegation.objects.count() == 1
    for places in (20, 50):
        client.post("/kuota/", {"office": counter.pk, "lane": "ORDINARY", "per_day": places})
    assert Quota.objects.get().per_day == 50


def test_a_supervisor_sets_no_quota_for_a_foreign_office(sign_in: SignIn, supervisor: User) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    sign_in(supervisor).post("/kuota/", {"office": foreign.pk, "lane": "ORDINARY", "per_day": 1})
    assert not Quota.objects.exists()


def test_a_data_request_has_a_clock_and_one_answer(sign_in: SignIn, registry: Office) -> None:
    officer = factories.make_user(role=Role.DATA_PROTECTION, office=registry)
    card = make_card(registry)
    client = sign_in(officer)
    client.post(
        "/permintaan-data/", {"kind": "ACCESS", "reference": card.reference.lower(), "text": "salinan"}
    )
    request = DataRequest.objects.get()
    assert request.due_at - request.received_at == timedelta(hours=72)
    address = reverse("web:data-request-answer", args=[request.pk])
    assert "Tulis apa yang dijawab." in client.post(address, {"answer": " "}).content.decode()
    client.post(address, {"answer": "Salinan diberikan."})
    client.post(address, {"answer": "Yang kedua."})
    request.refresh_from_db()
    assert (request.answer, request.answered_by) == ("Salinan diberikan.", officer)


def test_a_supervisor_closes_no_foreign_region(sign_in: SignIn, supervisor: User, registry: Office) -> None:
    client = sign_in(supervisor)
    today = timezone.localdate()
    form = {"starts_on": today, "ends_on": today, "reason": "Banjir"}
    for area_code in ("11", "32", "32.1", "32.17", "32.17.01"):
        assert client.post("/penutupan/", {**form, "area_code": area_code}).status_code in {200, 403}
        assert not Closure.objects.exists(), area_code
    foreign = Closure.objects.create(area_code="11", starts_on=today, ends_on=today, reason="Libur")
    assert client.post(f"/penutupan/{foreign.pk}/batal/").status_code == 404
    around = Closure.objects.create(area_code="32", starts_on=today, ends_on=today, reason="PSBB")
    assert client.post(f"/penutupan/{around.pk}/batal/").status_code == 403
    around.delete()
    assert Closure.objects.get() == foreign
    for area_code in ("32.16", "32.16.06"):
        assert client.post("/penutupan/", {**form, "area_code": area_code}).status_code == 302
    own = Closure.objects.get(area_code="32.16.06")
    assert client.post(f"/penutupan/{own.pk}/batal/").status_code == 302
    assert Closure.objects.count() == 2
