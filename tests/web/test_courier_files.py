"""The post's files on the pages: columns named once, a registry's meanings, undo as a job, events by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from delivery.courier_files import undo
from delivery.models import ColumnProfile, CourierFile, Delivery, StatusText
from jobs.models import Job
from jobs.services import Progress, cancel, run_job
from offices.models import Office
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards, state_of
from tests.spreadsheets.workbooks import book
from tests.web.conftest import SignIn

TITLES = "Nama;No Resi;Status;Tanggal"


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=2)


@pytest.fixture
def at_post(sign_in: SignIn, partner: User) -> Client:
    client = sign_in(partner)
    client.cookies["django_language"] = "en"
    return client


def upload(client: Client, *rows: str, titles: str = "Nama Orang;Kode;Hasil;Hari", what: str) -> CourierFile:
    file = SimpleUploadedFile("asing.csv", "\n".join(("LAPORAN;;;", titles, *rows)).encode())
    answer = client.post("/berkas-kurir/", {"file": file, "what": what})
    assert answer.status_code == 302, answer.content
    found = CourierFile.objects.order_by("-uploaded_at")[0]
    if what != "columns":
        work(found)
    return found


def work(file: CourierFile) -> CourierFile:
    file.refresh_from_db()
    assert file.job_id is not None
    run_job(file.job_id)
    file.refresh_from_db()
    return file


def test_columns_are_named_on_a_page_and_the_preview_is_applied_by_them(
    at_post: Client, mailed: Mailed
) -> None:
    row = f"SITI CONTOH;{mailed.items[0].number};DELIVERED;06/05/2020"
    file = upload(at_post, row, what="columns")
    assert (file.state, file.job) == ("WAITING", None)
    address = f"/berkas-kurir/{file.pk}/kolom/"
    page = at_post.get(address, {"header_row": "2"}).content.decode()
    assert "Nama Orang" in page
    assert "S*** C***" in page
    assert "SITI CONTOH" not in page
    missing = at_post.post(address, {"header_row": "2", "status": "2", "date": "3"})
    assert "number or the reference" in missing.content.decode()
    assert not ColumnProfile.objects.exists()
    chosen: dict[str, Any] = {"header_row": "2", "number": "1", "status": "2", "date": "3", "what": "preview"}
    assert at_post.post(address, chosen).status_code == 302
    assert (work(file).state, file.outcomes["applied"]) == ("PREVIEWED", 1)
    at_post.post(f"/berkas-kurir/{file.pk}/terapkan/")
    assert (work(file).state, state_of(mailed.cards[0])) == ("APPLIED", ("DELIVERED", ""))
    listed = at_post.get("/tata-letak/").content.decode()
    assert "Kode → Item number of the post" in listed
    assert at_post.post(f"/tata-letak/{ColumnProfile.objects.get().pk}/lupakan/").status_code == 302
    assert not ColumnProfile.objects.exists()


def test_a_refused_file_offers_to_name_its_columns(at_post: Client, mailed: Mailed) -> None:
    file = upload(at_post, f"X;{mailed.items[0].number};DELIVERED;06/05/2020", what="preview")
    assert file.state == "REFUSED"
    assert f"/berkas-kurir/{file.pk}/kolom/" in at_post.get(f"/berkas-kurir/{file.pk}/").content.decode()


def test_undo_is_a_job_whose_end_the_page_shows(
    at_post: Client, sign_in: SignIn, supervisor: User, mailed: Mailed
) -> None:
    row = f"X;{mailed.items[0].number};DELIVERED;06/05/2020"
    file = upload(at_post, row, titles="Nama;No Resi;Status;Tanggal", what="apply")
    assert file.state == "APPLIED"
    boss = sign_in(supervisor)
    assert boss.post(f"/berkas-kurir/{file.pk}/batal/", {"reason": "salah"}).status_code == 302
    assert (work(file).state, state_of(mailed.cards[0])) == ("UNDONE", ("POSTED", ""))
    assert boss.get(f"/berkas-kurir/{file.pk}/").status_code == 200


def test_an_administrator_says_a_meaning_for_all_and_sees_no_item(
    at_post: Client, sign_in: SignIn, mailed: Mailed
) -> None:
    row = f"X;{mailed.items[0].number};TEKS ANEH;06/05/2020"
    upload(at_post, row, titles="Nama;No Resi;Status;Tanggal", what="apply")
    administrator = sign_in(factories.make_user(role=Role.ADMINISTRATOR, office=None))
    page = administrator.get("/teks-status/").content.decode()
    assert "TEKS ANEH" in page
    assert str(mailed.items[0].number) not in page
    said = {"courier": "POS", "status_text": "TEKS ANEH", "status": "DELIVERED"}
    assert administrator.post("/teks-status/", said).status_code == 302
    assert StatusText.objects.get().office is None
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


def test_a_supervisor_lets_an_office_s_files_be_applied_at_once(
    at_post: Client, sign_in: SignIn, supervisor: User, post_office: Office
) -> None:
    boss = sign_in(supervisor)
    assert f"/kantor/{post_office.pk}/berkas-status/" in boss.get("/kantor/").content.decode()
    assert "/berkas-status/" not in at_post.get("/kantor/").content.decode()
    for word, applies in (("yes", True), ("no", False)):
        assert boss.post(f"/kantor/{post_office.pk}/berkas-status/", {"applies": word}).status_code == 302
        post_office.refresh_from_db()
        assert post_office.applies_status_files is applies


def test_what_the_post_said_is_recorded_by_scan_and_undone(
    sign_in: SignIn, printing_user: User, mailed: Mailed
) -> None:
    client = sign_in(printing_user)
    client.cookies["django_language"] = "en"
    fields = {"status": "ATTEMPT_FAILED", "reason": "ABSENT", "place": "Tambun", "occurred_at": ""}
    numbers = ", ".join(str(item.number) for item in mailed.items)
    page = client.post("/kejadian/", {**fields, "scanned": f"{numbers}; RZ000000005ID"}).content.decode()
    assert "2 recorded" in page
    assert "RZ000000005ID: item not known" in page
    assert {state_of(card) for card in mailed.cards} == {("ATTEMPT_FAILED", "ABSENT")}
    assert client.post("/kejadian/batal/").status_code == 302
    assert {state_of(card) for card in mailed.cards} == {("POSTED", "")}
    refused = client.post("/kejadian/", {"scanned": numbers, "status": ""}).content.decode()
    assert "Not recorded" in refused


def test_the_page_of_a_fetch_says_what_came_and_leads_to_its_file(
    at_post: Client, sign_in: SignIn, supervisor: User, mailed: Mailed, registry: Office
) -> None:
    file = upload(at_post, "X;1;2;3", what="columns")
    told = {"courier_file": str(file.pk), "rows": 5, "asked": 7, "unanswered": 2, "foreign": 3}
    now = timezone.now()
    job = Job.objects.create(
        kind="courier.pull", state="SUCCEEDED", office=registry, created_at=now, finished_at=now, result=told
    )
    boss = sign_in(supervisor)
    boss.cookies["django_language"] = "en"
    page = boss.get(f"/pekerjaan/{job.pk}/").content.decode()
    assert "5 rows about 7 items were fetched; no answer about 2. 3 rows were left out: " in page
    assert f"/berkas-kurir/{file.pk}/" in page


def test_who_may_fetch_from_the_post_reads_that_it_is_applied_at_once(
    at_post: Client, sign_in: SignIn, supervisor: User, settings: Settings
) -> None:
    words = "What is fetched from the post is applied at once"
    boss = sign_in(supervisor)
    boss.cookies["django_language"] = "en"
    assert words not in boss.get("/berkas-kurir/").content.decode()
    settings.COURIER_PULL_URL = "https://pos.example/lacak"
    assert words in boss.get("/berkas-kurir/").content.decode()
    assert words not in at_post.get("/berkas-kurir/").content.decode()


def halfway(client: Client, mailed: Mailed, monkeypatch: pytest.MonkeyPatch, *, what: str) -> CourierFile:
    """A file whose applying is stopped by its owner after the first card's rows."""
    rows = [f"X;{item.number};DELIVERED;06/05/2020" for item in mailed.items]
    file = upload(client, *rows, titles=TITLES, what="preview")
    if what == "undo":
        client.post(f"/berkas-kurir/{file.pk}/terapkan/")
        work(file)
        return file
    client.post(f"/berkas-kurir/{file.pk}/terapkan/")
    file.refresh_from_db()
    stopped_at(1, file, monkeypatch)
    return file


def stopped_at(done: int, file: CourierFile, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Progress.tell

    def stops(progress: Progress, told: int, total: int | None = None) -> None:
        if told == done:
            cancel(job_id=progress.job_id)
        tell(progress, told, total)

    with monkeypatch.context() as changed:
        changed.setattr(Progress, "tell", stops)
        work(file)


def test_a_file_that_was_stopped_halfway_says_so_and_is_continued(
    at_post: Client, mailed: Mailed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COURIER_FILE_PORTION = 1
    file = halfway(at_post, mailed, monkeypatch, what="apply")
    assert (file.state, sorted(state_of(card)[0] for card in mailed.cards)) == (
        "PREVIEWED", ["DELIVERED", "POSTED"],
    )  # fmt: skip
    page = at_post.get(f"/berkas-kurir/{file.pk}/").content.decode()
    assert "The work was stopped after 1 rows" in page
    assert "Continue" in page
    assert "Nothing has changed yet" not in page
    at_post.post(f"/berkas-kurir/{file.pk}/terapkan/", {"what": "apply"})
    assert (work(file).state, file.outcomes["applied"]) == ("APPLIED", 2)
    assert "The work was stopped" not in at_post.get(f"/berkas-kurir/{file.pk}/").content.decode()


def test_a_file_that_was_stopped_halfway_is_undone_also_when_its_undo_is_stopped(
    at_post: Client, sign_in: SignIn, supervisor: User, mailed: Mailed, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.COURIER_FILE_PORTION = 1
    monkeypatch.setattr("delivery.courier_files.undoing.EVENTS_PER_CHUNK", 1)
    boss = sign_in(supervisor)
    boss.cookies["django_language"] = "en"
    stopped = halfway(at_post, mailed, monkeypatch, what="apply")
    assert f"/berkas-kurir/{stopped.pk}/batal/" in boss.get(f"/berkas-kurir/{stopped.pk}/").content.decode()
    boss.post(f"/berkas-kurir/{stopped.pk}/batal/", {"reason": "salah"})
    assert (work(stopped).state, {state_of(card)[0] for card in mailed.cards}) == ("UNDONE", {"POSTED"})
    file = halfway(at_post, mailed, monkeypatch, what="undo")
    boss.post(f"/berkas-kurir/{file.pk}/batal/", {"reason": "salah"})
    file.refresh_from_db()
    stopped_at(1, file, monkeypatch)
    page = boss.get(f"/berkas-kurir/{file.pk}/").content.decode()
    assert "Undoing was stopped: the news of 1 rows still counts." in page
    assert f"/berkas-kurir/{file.pk}/baca-ulang/" not in page
    boss.post(f"/berkas-kurir/{file.pk}/batal/", {"reason": "salah"})
    assert (work(file).state, {state_of(card)[0] for card in mailed.cards}) == ("UNDONE", {"POSTED"})


def test_a_half_applied_file_whose_upload_was_forgotten_is_not_said_to_have_changed_nothing(
    at_post: Client, sign_in: SignIn, supervisor: User, mailed: Mailed, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.COURIER_FILE_PORTION = 1
    file = halfway(at_post, mailed, monkeypatch, what="apply")
    CourierFile.objects.filter(pk=file.pk).update(state="REFUSED", fault={"code": "expired", "params": {}})
    boss = sign_in(supervisor)
    boss.cookies["django_language"] = "en"
    page = boss.get(f"/berkas-kurir/{file.pk}/").content.decode()
    assert "nothing was changed" not in page
    assert "The work was stopped after 1 rows" in page
    boss.post(f"/berkas-kurir/{file.pk}/batal/", {"reason": "salah"})
    assert (work(file).state, {state_of(card)[0] for card in mailed.cards}) == ("UNDONE", {"POSTED"})


def test_a_file_whose_work_failed_before_anything_is_checked_or_applied_again(
    at_post: Client, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload(at_post, "X;1;2;3", titles=TITLES, what="columns")
    address = f"/berkas-kurir/{file.pk}/"
    assert f"{address}terapkan/" not in at_post.get(address).content.decode()
    at_post.post(f"{address}terapkan/", {"what": "preview"})
    file.refresh_from_db()
    assert file.job is not None
    working = at_post.get(address).content.decode()
    assert f"/pekerjaan/{file.job.pk}/henti/" in working
    Job.objects.filter(pk=file.job.pk).update(state="FAILED", finished_at=timezone.now(), error="WORKER_DIED")
    page = at_post.get(address).content.decode()
    assert 'value="apply"' in page
    assert 'value="preview"' in page
    at_post.post(f"{address}terapkan/", {"what": "preview"})
    assert work(file).state == "PREVIEWED"


def test_the_same_rows_again_and_a_misread_number_are_explained(at_post: Client, mailed: Mailed) -> None:
    number = str(mailed.items[0].number)
    misread = f"{number[:4]}{(int(number[4]) + 1) % 10}{number[5:]}"
    rows = [f"X;{number};DELIVERED;06/05/2020", f"X;{misread};DELIVERED;06/05/2020"]
    checked = upload(at_post, *rows, titles=TITLES, what="preview")
    applied = upload(at_post, *rows, titles=TITLES, what="apply")
    for file in (checked, applied):
        assert f"Perhaps {number} is meant." in at_post.get(f"/berkas-kurir/{file.pk}/").content.decode()
    again = upload(at_post, rows[0], titles=TITLES, what="preview")
    page = at_post.get(f"/berkas-kurir/{again.pk}/").content.decode()
    assert "applying it would change nothing" in page
    at_post.post(f"/berkas-kurir/{again.pk}/terapkan/")
    page = at_post.get(f"/berkas-kurir/{work(again).pk}/").content.decode()
    assert "Every row was known before. Nothing has changed." in page


def test_a_repeated_file_leads_to_the_rows_and_the_workbook_of_the_other(
    at_post: Client, mailed: Mailed
) -> None:
    rows = (
        f"A;{mailed.items[0].number};DELIVERED;06/05/2020",
        f"A;{mailed.items[1].number};KATA ASING;06/05/2020",
    )
    first, second = (upload(at_post, *rows, titles=TITLES, what="apply") for _each in range(2))
    first.refresh_from_db()
    second.refresh_from_db()
    assert second.repeats == first
    page = at_post.get(f"/berkas-kurir/{second.pk}/").content.decode()
    assert "KATA ASING" in page
    assert f'href="/berkas-kurir/{first.pk}/hasil/"' in page
    assert f'href="/berkas-kurir/{second.pk}/hasil/"' not in page
    assert "/baca-ulang/" not in page
    assert at_post.get(f"/berkas-kurir/{second.pk}/hasil/").status_code == 404
    undo(courier_file_id=first.pk, reason="salah", actor_id=None, at=timezone.now())
    page = at_post.get(f"/berkas-kurir/{second.pk}/").content.decode()
    assert f"The content of this file is that of {first.name}." in page
    assert "KATA ASING" not in page


def test_a_text_of_many_rows_leads_to_its_job_and_the_list_has_pages(
    at_post: Client, sign_in: SignIn, supervisor: User, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.unmapped.ROWS_AT_ONCE", 0)
    monkeypatch.setattr("web.views.courier_files.TEXTS_PER_PAGE", 1)
    rows = [f"X;{item.number};TEKS {i};06/05/2020" for i, item in enumerate(mailed.items)]
    upload(at_post, *rows, titles=TITLES, what="apply")
    boss = sign_in(supervisor)
    boss.cookies["django_language"] = "en"
    first, second = (boss.get("/teks-status/", {"page": page}).content.decode() for page in (1, 2))
    assert ("TEKS 0" in first, "TEKS 1" in first) == (True, False)
    assert ("TEKS 0" in second, "TEKS 1" in second) == (False, True)
    said = {"courier": "POS", "status_text": "TEKS 0", "status": "DELIVERED", "receiver": "FAMILY"}
    answer = boss.post("/teks-status/", said)
    job = Job.objects.get(kind="courier.map")
    assert answer["Location"] == f"/pekerjaan/{job.pk}/"
    run_job(job.pk)
    assert "1 rows that waited were read anew." in boss.get(f"/pekerjaan/{job.pk}/").content.decode()
    meanings = boss.get("/teks-status/arti/").content.decode()
    assert ("TEKS 0" in meanings, "family" in meanings) == (True, True)


def test_who_received_it_is_recorded_by_scan(sign_in: SignIn, printing_user: User, mailed: Mailed) -> None:
    client = sign_in(printing_user)
    fields = {"status": "DELIVERED", "receiver": "NEIGHBOUR", "scanned": str(mailed.items[0].number)}
    assert client.post("/kejadian/", fields).status_code == 200
    assert Delivery.objects.get(card=mailed.cards[0]).receiver == "NEIGHBOUR"
    refused = client.post("/kejadian/", {**fields, "status": "ATTEMPT_FAILED"}).content.decode()
    assert "Penerima hanya diisi" in refused


@pytest.mark.parametrize(("kind", "words"), [("csv", "reading: 3 rows"), ("xlsx", "reading: 3 of 4 rows")])
def test_while_a_file_is_read_its_page_says_how_many_rows(
    at_post: Client, mailed: Mailed, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    monkeypatch.setattr("delivery.courier_files.reading._AT_ONCE", 1)
    lines = [["LAPORAN", "", ""], ["No Resi", "Status", "Tanggal"]]
    lines += [[str(item.number), "DELIVERED", "06/05/2020"] for item in mailed.items]
    cells: list[list[str | float]] = [list(line) for line in lines]
    content = book("xlsx", {"Data": cells}) if kind == "xlsx" else "\n".join(map(";".join, lines)).encode()
    sent = {"file": SimpleUploadedFile(f"a.{kind}", content), "what": "apply"}
    assert at_post.post("/berkas-kurir/", sent).status_code == 302
    file = CourierFile.objects.get()
    pages: list[str] = []
    tell_read = Progress.tell_read

    def looked_at(progress: Progress, row: int, last_row: int | None) -> None:
        tell_read(progress, row, last_row)
        pages.append(
            at_post.get(f"/berkas-kurir/{file.pk}/", headers={"hx-request": "true"}).content.decode()
        )
        pages.append(at_post.get(f"/api/v1/jobs/{file.job_id}/").content.decode())

    file.refresh_from_db()
    assert "starts soon" in at_post.get(f"/berkas-kurir/{file.pk}/").content.decode()
    monkeypatch.setattr(Progress, "tell_read", looked_at)
    work(file)
    begun, _job, after_three, job = pages[:4]
    assert "reading: 0 rows" in begun
    assert words in after_three
    assert "starts soon" not in after_three
    assert "left" not in after_three
    told = json.loads(job)
    assert (told["done"], told["total"], told["reading"]) == (3, 4 if kind == "xlsx" else 0, True)
    done = at_post.get(f"/api/v1/jobs/{file.job_id}/").json()
    assert (done["state"], done["done"], done["total"], done["reading"]) == ("SUCCEEDED", 2, 2, False)
