"""The courier's files over the API: uploaded, checked, applied, undone; and sheets of printed cards."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, User
from delivery.courier_files import process
from delivery.models import CourierFile, Delivery
from jobs.models import Job
from jobs.services import Progress, cancel, run_job
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import Card
from spreadsheets.faults import SheetError
from tests import factories
from tests.api.conftest import Client
from tests.api.courier_files import FILES, news, sheet, uploaded, worked_on
from tests.delivery.mailing import Mailed

pytestmark = pytest.mark.usefixtures("files")
AT = datetime(2020, 5, 7, 2, 0, tzinfo=UTC)
INTAKE = "/api/v1/intake-files/"


def test_a_file_is_applied_by_a_worker(at_post: APIClient, mailed: Mailed) -> None:
    where, waiting = uploaded(at_post, news(mailed))
    assert (waiting["state"], waiting["rows"]) == ("WAITING", 0)
    state = worked_on(at_post, where)
    assert (state["state"], state["rows"], sum(state["outcomes"].values())) == ("APPLIED", 2, 2)
    assert Delivery.objects.get(card=mailed.cards[0]).status == "DELIVERED"
    (kept,) = at_post.get(f"{where}rows/").json()["results"]
    assert (kept["outcome"], kept["status_text"]) == ("UNMAPPED_TEXT", "TEKS ANEH")
    result = at_post.get(f"{where}result/")
    assert b"".join(result).startswith(b"PK")


def test_a_file_says_how_far_the_work_on_it_is_and_where_its_job_is(
    at_post: APIClient, client_of: Client, supervisor: User, foreign_registry: Office, mailed: Mailed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("delivery.courier_files.reading._AT_ONCE", 1)
    where, waiting = uploaded(at_post, news(mailed))
    idle = {
        "state": "QUEUED",
        "done": 0,
        "total": 0,
        "reading": False,
        "rows_a_second": None,
        "seconds_left": None,
    }
    assert waiting["work"] == idle
    assert waiting["job_url"] == f"http://testserver/api/v1/jobs/{waiting['job']}/"
    boss = client_of(supervisor)  # of the registry that the post office works for
    assert boss.get(waiting["job_url"]).json()["state"] == "QUEUED"
    stranger = client_of(factories.make_user(role=Role.SUPERVISOR, office=foreign_registry))
    assert stranger.get(waiting["job_url"]).status_code == 404
    seen: list[dict[str, Any]] = []
    advance = Progress.advance

    def looked_at(progress: Progress, **told: Any) -> None:
        advance(progress, **told)
        Job.objects.filter(pk=progress.job_id).update(started_at=timezone.now() - timedelta(seconds=10))
        seen.append(at_post.get(where).json()["work"])

    monkeypatch.setattr(Progress, "advance", looked_at)
    state = worked_on(at_post, where)
    steps = [(work["reading"], work["done"], work["total"]) for work in seen[:5]]
    # the header and two rows are read; a row whose text nobody knows has ended; then the other one
    assert steps == [(True, 0, 0), (True, 2, 0), (True, 3, 0), (False, 1, 2), (False, 2, 2)]
    assert (seen[3]["rows_a_second"], seen[1]["seconds_left"]) == (0, None)
    assert 10 <= seen[3]["seconds_left"] <= 15
    assert (state["work"], state["job_url"]) == (None, waiting["job_url"])
    assert at_post.get(FILES).json()["results"][0]["job_url"] == waiting["job_url"]


def test_a_file_tells_after_a_check_what_is_new_and_the_first_rows(
    at_post: APIClient, mailed: Mailed
) -> None:
    person = "3216060101900001;DELIVERED;;06/05/2020 10:15;Tambun"
    delivered_row = f"{mailed.items[0].number};DELIVERED;ORANG SERUMAH;06/05/2020 10:15;Tambun"
    where, waiting = uploaded(at_post, sheet(delivered_row, person), apply=False)
    assert (waiting["newly_delivered"], waiting["newly_returned"]) == (None, None)
    assert at_post.get(where).json()["first_rows"] == []
    state = worked_on(at_post, where)
    assert (state["state"], state["newly_delivered"], state["newly_returned"]) == ("PREVIEWED", 1, 0)
    delivered, unknown = sorted(state["first_rows"], key=lambda row: row["row"])
    assert delivered == {
        "outcome": "applied", "row": 2, "number": mailed.items[0].number, "status_text": "DELIVERED",
        "remark_text": "ORANG SERUMAH", "occurred_text": "06/05/2020 10:15", "explanation": "",
    }  # fmt: skip
    assert (unknown["outcome"], unknown["row"], unknown["number"]) == ("unknown_item", 3, "••••0001")
    assert unknown["explanation"]
    (listed,) = at_post.get(FILES).json()["results"]
    assert (listed["newly_delivered"], "first_rows" in listed) == (1, False)
    at_post.post(f"{where}apply/")
    state = worked_on(at_post, where)
    assert (state["state"], state["newly_delivered"], len(state["first_rows"])) == ("APPLIED", 1, 2)


def test_a_file_is_checked_then_applied(at_post: APIClient, mailed: Mailed) -> None:
    where, _waiting = uploaded(at_post, news(mailed), apply=False)
    assert worked_on(at_post, where)["state"] == "PREVIEWED"
    assert Delivery.objects.get(card=mailed.cards[0]).status == "POSTED"
    assert at_post.post(f"{where}apply/").status_code == 202
    busy = at_post.post(f"{where}apply/")
    assert (busy.status_code, busy.json()["code"]) == (409, "file_in_work")
    assert worked_on(at_post, where)["state"] == "APPLIED"


def test_an_applied_file_is_undone_with_a_reason(
    at_post: APIClient, client_of: Client, supervisor: User, mailed: Mailed
) -> None:
    where, _waiting = uploaded(at_post, news(mailed))
    worked_on(at_post, where)
    boss = client_of(supervisor)
    assert boss.post(f"{where}undo/", {}, format="json").status_code == 400
    undone = boss.post(f"{where}undo/", {"reason": "berkas kantor lain"}, format="json")
    assert (undone.status_code, undone["Location"].endswith(where)) == (202, True)
    busy = boss.post(f"{where}undo/", {"reason": "lagi"}, format="json")
    assert (busy.status_code, busy.json()["code"]) == (409, "file_in_work")
    assert worked_on(boss, where)["state"] == "UNDONE"
    assert Job.objects.get(kind="courier.undo").result["voided"] == 1
    assert Delivery.objects.get(card=mailed.cards[0]).status == "POSTED"


def test_a_repeated_file_gives_the_rows_of_the_other_and_has_no_workbook_of_its_own(
    at_post: APIClient, mailed: Mailed
) -> None:
    where, _first = uploaded(at_post, news(mailed), apply=True)
    first = worked_on(at_post, where)
    again, _second = uploaded(at_post, news(mailed), apply=True)
    second = worked_on(at_post, again)
    assert (second["repeats"], first["has_result"], second["has_result"]) == (first["id"], True, False)
    rows = at_post.get(f"{again}rows/").json()["results"]
    assert rows == at_post.get(f"{where}rows/").json()["results"]
    assert sum(second["outcomes"].values()) - second["outcomes"]["duplicate"] == len(rows) > 0
    assert (at_post.get(f"{where}result/").status_code, at_post.get(f"{again}result/").status_code) == (
        200,
        404,
    )


def test_a_file_that_is_no_sheet_says_why(at_post: APIClient, mailed: Mailed) -> None:
    where, _waiting = uploaded(at_post, SimpleUploadedFile("status.xlsx", b"\x00\x01\x02" * 100))
    state = worked_on(at_post, where)
    assert state["state"] == "REFUSED"
    assert state["fault"]["code"] == "not_a_sheet"
    assert at_post.get(f"{where}result/").status_code == 404


def test_a_refused_file_is_not_kept(at_post: APIClient, mailed: Mailed, settings: Any) -> None:
    where, _waiting = uploaded(at_post, SimpleUploadedFile("status.csv", b"Status;Tanggal;No Resi"))
    assert len(list(settings.MEDIA_ROOT.rglob("*.csv"))) == 1
    state = worked_on(at_post, where)
    assert (state["state"], state["fault"]["code"], state["can_be_mapped"]) == ("REFUSED", "empty", False)
    assert list(settings.MEDIA_ROOT.rglob("*.csv")) == []
    assert at_post.get(f"{where}columns/").json()["code"] == "file_not_kept"
    with pytest.raises(SheetError):  # the job of a worker that was killed runs again
        process(courier_file_id=UUID(state["id"]))


def test_an_upload_is_applied_as_its_office_is_set_unless_it_says_otherwise(
    at_post: APIClient, mailed: Mailed, post_office: Office
) -> None:
    Office.objects.filter(pk=post_office.pk).update(applies_status_files=False)
    for asked, state in (({}, "PREVIEWED"), ({"apply": True}, "APPLIED")):
        where, _waiting = uploaded(at_post, news(mailed), **asked)
        assert worked_on(at_post, where)["state"] == state


def test_columns_are_said_once_and_the_next_file_of_the_layout_needs_nobody(
    at_post: APIClient, mailed: Mailed, settings: Any
) -> None:
    def file(item: int, text: str) -> SimpleUploadedFile:
        row = f"SITI CONTOH;{mailed.items[item].number};{text};06/05/2020;081234567890"
        lines = ("LAPORAN HARIAN;;;;", "Nama Orang;Kode;Hasil Antaran;Hari;HP", row)
        return SimpleUploadedFile("asing.csv", "\n".join(lines).encode())

    where, _waiting = uploaded(at_post, file(0, "DELIVERED"))
    state = worked_on(at_post, where)
    assert (state["fault"]["code"], state["can_be_mapped"]) == ("no_header", True)
    head = at_post.get(f"{where}columns/?header_row=2").json()
    assert (head["header_row"], head["row_numbers"]) == (2, [1, 2, 3])
    shown = [(column["title"], column["samples"], column["field"]) for column in head["columns"]]
    tail = (mailed.items[0].number or "")[-4:]
    assert shown == [
        ("Nama Orang", ["S*** C***"], ""), ("Kode", [f"••••{tail}"], ""), ("Hasil Antaran", ["DELIVERED"], ""),
        ("Hari", ["06/05/2020"], ""), ("HP", ["••••7890"], ""),
    ]  # fmt: skip
    said = {"header_row": 2, "columns": {"number": 1, "status": 2, "date": 3}, "apply": True}
    wrong = {**said, "columns": {"number": 1, "status": 1, "date": 3}}
    assert at_post.post(f"{where}columns/", wrong, format="json").json()["code"] == "column_twice"
    assert at_post.post(f"{where}columns/", said, format="json").status_code == 202
    state = worked_on(at_post, where)
    assert (state["state"], state["outcomes"]["applied"], state["can_be_mapped"]) == ("APPLIED", 1, False)
    where, _waiting = uploaded(at_post, file(1, "GAGAL ANTAR"))
    assert worked_on(at_post, where)["state"] == "APPLIED"
    assert Delivery.objects.get(card=mailed.cards[1]).status == "ATTEMPT_FAILED"
    (profile,) = at_post.get("/api/v1/column-profiles/").json()["results"]
    assert profile["titles"] == {"number": "Kode", "status": "Hasil Antaran", "date": "Hari"}
    assert at_post.delete(f"/api/v1/column-profiles/{profile['id']}/").status_code == 204
    where, _waiting = uploaded(at_post, file(1, "DELIVERED"))
    assert worked_on(at_post, where)["state"] == "REFUSED"


def test_an_upload_without_a_file_is_pointed_at(at_post: APIClient) -> None:
    answer = at_post.post(FILES, {}, format="multipart")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/file"


@override_settings(UPLOAD_MAX_BYTES=100)
def test_too_large_a_file_is_refused_and_not_kept(at_post: APIClient, mailed: Mailed) -> None:
    for size in (200, 100_000):
        answer = at_post.post(
            FILES, {"file": SimpleUploadedFile("besar.csv", b"x" * size)}, format="multipart"
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not CourierFile.objects.exists()


def test_an_upload_is_repeated_under_its_key(at_post: APIClient, mailed: Mailed) -> None:
    for replayed in (None, "true"):
        answer = at_post.post(
            FILES, {"file": news(mailed)}, format="multipart", headers={"idempotency-key": "unggah-1"}
        )
        assert answer.status_code == 202
        assert answer.headers.get("Idempotency-Replayed") == replayed
        assert answer["Location"].endswith(f"{CourierFile.objects.get().pk}/")
    other = at_post.post(
        FILES, {"file": sheet("x;y;z;1;2")}, format="multipart", headers={"idempotency-key": "unggah-1"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Job.objects.count() == 1


def test_a_sheet_of_cards_is_imported_by_a_worker(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    titles = "NIK;Nama;Tanggal Cetak;Alamat;RT/RW;Desa/Kelurahan;Kecamatan;Kabupaten;Provinsi;Kode Pos"
    place = "Jl. Contoh 1;001/007;Jatimulya;Tambun Selatan;Bekasi;Jawa Barat;17510"
    good = f"3216060101900001;Warga Contoh;2020-04-01;{place}"
    bad = good.replace("3216060101900001", "3,21606E+15")
    file = BytesIO("\n".join((titles, good, bad)).encode())
    file.name = "kartu.csv"
    answer = client.post(INTAKE, {"file": file}, format="multipart")
    assert answer.status_code == 202, answer.content
    state = worked_on(client, answer["Location"])
    assert (state["state"], state["rows"]) == ("DONE", 2)
    assert (state["outcomes"]["registered"], state["outcomes"]["rejected"]) == (1, 1)
    assert state["has_rejected_rows"] is True
    rejected = client.get(f"{answer['Location']}rejected/")
    assert b"".join(rejected).startswith(b"PK")
    left = AccessRecord.objects.get()
    assert (left.action, left.subject_key, left.records) == ("EXPORT", state["id"], 1)
    assert client.get(f"/api/v1/cards/?intake_file={state['id']}").json()["results"][0]["nik"] == "••••0001"
    assert Card.objects.count() == 1


def test_a_job_tells_how_far_it_is_and_is_cancelled_once(
    at_post: APIClient, partner: User, mailed: Mailed
) -> None:
    _where, waiting = uploaded(at_post, news(mailed))
    job = f"/api/v1/jobs/{waiting['job']}/"
    assert at_post.get(job).json()["state"] == "QUEUED"
    cancelled = at_post.post(f"{job}cancel/")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "CANCELLED")
    again = at_post.post(f"{job}cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "job_has_ended")


def test_a_job_tells_its_pace_and_a_try_that_failed_is_made_again_at_once(
    at_post: APIClient, client_of: Client, partner: User, mailed: Mailed
) -> None:
    _where, waiting = uploaded(at_post, news(mailed))
    job = f"/api/v1/jobs/{waiting['job']}/"
    again = at_post.post(f"{job}retry/")
    assert (again.status_code, again.json()["code"]) == (409, "job_waits_for_no_try")
    now = timezone.now()
    row = Job.objects.filter(pk=waiting["job"])
    row.update(
        state="RUNNING", lease_token=row.get().pk, lease_until=now + timedelta(minutes=1),
        started_at=now - timedelta(seconds=10), done=1_000, total=4_000,
    )  # fmt: skip
    told = at_post.get(job).json()
    assert told["owner"] == partner.username
    assert told["seconds"] in (10, 11, 12)
    assert 80 <= told["rows_a_second"] <= 100
    assert 30 <= told["seconds_left"] <= 37
    row.update(state="QUEUED", not_before=now + timedelta(minutes=1), error="DISK_FULL")
    told = at_post.get(job).json()
    assert (told["error"], told["not_before"] is None, told["seconds_left"]) == ("DISK_FULL", False, None)
    colleague = client_of(factories.make_user(role=Role.PARTNER, office=partner.office))
    assert colleague.post(f"{job}retry/").status_code == 404
    tried = at_post.post(f"{job}retry/")
    assert (tried.status_code, tried.json()["not_before"]) == (202, None)


def test_a_supervisor_sets_whether_an_office_s_files_are_applied_at_once(
    at_post: APIClient, client_of: Client, supervisor: User, post_office: Office, foreign_registry: Office
) -> None:
    boss = client_of(supervisor)
    setting = f"/api/v1/offices/{post_office.code}/status-files/"
    assert at_post.post(setting, {"applies": True}, format="json").status_code == 403
    assert boss.post(setting, {"applies": True}, format="json").json()["applies_status_files"] is True
    foreign = f"/api/v1/offices/{foreign_registry.code}/status-files/"
    assert boss.post(foreign, {"applies": True}, format="json").status_code == 404
    assert not Office.objects.get(pk=foreign_registry.pk).applies_status_files


def test_a_file_is_read_anew_and_its_job_says_what_would_change(
    at_post: APIClient, client_of: Client, supervisor: User, mailed: Mailed
) -> None:
    where, _waiting = uploaded(at_post, news(mailed))
    worked_on(at_post, where)
    boss = client_of(supervisor)
    answer = boss.post(f"{where}replay/", {}, format="json")
    assert answer.status_code == 202
    run_job(UUID(answer.json()["id"]))
    result = boss.get(answer["Location"]).json()["result"]["replayed"]
    assert (result["rows"], result["changed"], result["applied"]) == (2, 0, False)


def test_events_are_recorded_by_hand_and_the_last_is_undone(
    client_of: Client, printing_user: User, mailed: Mailed
) -> None:
    client, events = client_of(printing_user), "/api/v1/events/"
    said = {
        "scans": [mailed.items[0].number, "RZ000000005ID"],
        "status": "ATTEMPT_FAILED",
        "reason": "ABSENT",
    }
    answers = client.post(events, said, format="json").json()
    assert [answer["outcome"] for answer in answers] == ["applied", "unknown_item"]
    assert client.post(f"{events}undo/").json() == {"references": [mailed.cards[0].reference]}
    again = client.post(f"{events}undo/")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


def test_fetching_from_the_post_is_off_until_it_is_set_up(
    client_of: Client, supervisor: User, mailed: Mailed
) -> None:
    answer = client_of(supervisor).post(f"{FILES}pull/")
    assert (answer.status_code, answer.json()["code"]) == (409, "pull_off")


def test_a_file_that_was_stopped_halfway_says_after_how_many_rows(
    at_post: APIClient, mailed: Mailed, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COURIER_FILE_PORTION = 1
    rows = [f"{item.number};DELIVERED;;06/05/2020 10:15;Tambun" for item in mailed.items]
    where, waiting = uploaded(at_post, sheet(*rows))
    tell = Progress.tell

    def stops(progress: Progress, done: int, total: int | None = None) -> None:
        if done == 1:
            cancel(job_id=progress.job_id)
        tell(progress, done, total)

    assert waiting["stopped_after"] is None
    with monkeypatch.context() as changed:
        changed.setattr(Progress, "tell", stops)
        state = worked_on(at_post, where)
    assert (state["state"], state["stopped_after"], state["nothing_new"]) == ("WAITING", 1, False)
    assert [file["stopped_after"] for file in at_post.get(FILES).json()["results"]] == [1]
    at_post.post(f"{where}apply/")
    assert at_post.get(where).json()["stopped_after"] is None
    state = worked_on(at_post, where)
    assert (state["state"], state["stopped_after"]) == ("APPLIED", None)


def test_the_same_rows_again_are_nothing_new_and_a_misread_number_is_explained(
    at_post: APIClient, mailed: Mailed
) -> None:
    number = str(mailed.items[0].number)
    misread = f"{number[:4]}{(int(number[4]) + 1) % 10}{number[5:]}"
    row = "{};DELIVERED;;06/05/2020 10:15;Tambun"
    where, _waiting = uploaded(at_post, sheet(row.format(number), row.format(misread)))
    assert worked_on(at_post, where)["nothing_new"] is False
    (kept,) = at_post.get(f"{where}rows/", headers={"accept-language": "en"}).json()["results"]
    assert (kept["near"], kept["ambiguous"]) == ([number], False)
    assert kept["explanation"].endswith(f" Perhaps {number} is meant.")
    again, _waiting = uploaded(at_post, sheet(row.format(number)))
    state = worked_on(at_post, again)
    assert (state["nothing_new"], Job.objects.get(pk=state["job"]).result["nothing_new"]) == (True, True)


def test_who_received_it_is_recorded_by_hand(client_of: Client, printing_user: User, mailed: Mailed) -> None:
    said = {"scans": [mailed.items[0].number], "status": "DELIVERED", "receiver": "SECURITY"}
    assert client_of(printing_user).post("/api/v1/events/", said, format="json").status_code == 200
    assert Delivery.objects.get(card=mailed.cards[0]).receiver == "SECURITY"
