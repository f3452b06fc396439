"""The post's tracking API, as a server on loopback that fails, delays, repeats, lies and sends garbage."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from delivery.courier_files import process, tracking_api, undo
from delivery.courier_files.pulling import moving_numbers, pull, start_pull
from delivery.courier_files.tracking_api import TrackingApi
from delivery.models import CourierFile, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from jobs.models import Job
from jobs.services import cancel, reap, run_job
from offices.models import Office
from shipments.models import Item
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 7, 2, 0, tzinfo=UTC)
FIELDS = {"number": "connote", "status": "status", "remark": "description", "date": "date", "place": "office"}
Answer = tuple[int, bytes, Mapping[str, str], float]


@dataclass
class Post:
    """What the server was asked, and how it answers: first the prepared answers, then with the news of each number."""

    url: str = ""
    asked: list[tuple[dict[str, str], list[str]]] = field(default_factory=list)
    prepared: list[Answer] = field(default_factory=list)
    news: Callable[[str], list[dict[str, Any]]] = lambda _number: []


@pytest.fixture
def post() -> Iterator[Post]:
    told = Post()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            numbers = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["connote"]
            told.asked.append((dict(self.headers), numbers))
            rows = [row for number in numbers for row in told.news(number)]
            usual: Answer = (200, json.dumps({"data": rows}).encode(), {}, 0)
            status, body, headers, delay = told.prepared.pop(0) if told.prepared else usual
            time.sleep(delay)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the asker has gone

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}/lacak"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(tracking_api, "TIMEOUT_S", (0.3, 0.3))


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=4)


def api(post: Post, **fields: Any) -> TrackingApi:
    usual: dict[str, Any] = {
        "fields": FIELDS,
        "batch": 2,
        "per_second": 1_000,
        "backoff_s": 0.01,
        "token": "rahasia",
    }
    return TrackingApi(url=post.url, **{**usual, **fields})


def row(number: str, status: str = "DELIVERED", **extra: Any) -> dict[str, Any]:
    return {"connote": number, "status": status, "date": "2020-05-06 10:15:00", "office": "Tambun", **extra}


def test_the_answers_go_the_way_of_a_files_rows(post: Post, mailed: Mailed, registry: Office) -> None:
    number = [str(item.number) for item in mailed.items]
    answers = {
        number[0]: [
            row(number[0], description="ORANG SERUMAH", receiver="SITI CONTOH", phone="081234567890")
        ],
        number[1]: [row(number[1], "TEKS ANEH"), row("RZ000000005ID")],
        number[2]: [row(number[2], "GAGAL ANTAR", description="RUMAH KOSONG")] * 2,
    }
    post.news = lambda asked: answers.get(asked, [])
    report = pull(office=registry, actor_id=None, at=AT, api=api(post), enqueue=False)
    assert (report.asked, report.rows, report.unanswered, report.foreign) == (4, 4, 0, 1)
    assert [len(numbers) for _headers, numbers in post.asked] == [2, 2]
    assert post.asked[0][0]["Authorization"] == "Bearer rahasia"
    assert report.courier_file is not None
    stored = Path(report.courier_file.file.path).read_text()
    assert "CONTOH" not in stored
    assert "0812" not in stored
    outcomes = process(courier_file_id=report.courier_file.pk).outcomes
    assert {name: count for name, count in outcomes.items() if count} == {
        "applied": 2, "duplicate": 1, "unmapped_text": 1,
    }  # fmt: skip
    assert [state_of(card)[0] for card in mailed.cards] == ["DELIVERED", "POSTED", "ATTEMPT_FAILED", "POSTED"]
    assert number[0] not in moving_numbers(office_id=registry.pk, most=10)


def test_numbers_of_answers_are_compared_as_everywhere_else(
    post: Post, mailed: Mailed, registry: Office
) -> None:
    kept = [str(item.number) for item in mailed.items]
    parts = kept[1][:2], kept[1][2:-2], kept[1][-2:]
    written = [kept[0].lower(), " ".join(parts), "-".join(parts)]
    post.news = lambda asked: [row(number) for number in written] if asked == kept[0] else []
    report = pull(office=registry, actor_id=None, at=AT, api=api(post, batch=4), enqueue=False)
    assert (report.rows, report.foreign) == (3, 0)
    assert report.courier_file is not None
    outcomes = process(courier_file_id=report.courier_file.pk).outcomes
    assert (outcomes["applied"], outcomes["duplicate"]) == (2, 1)
    assert [state_of(card)[0] for card in mailed.cards] == ["DELIVERED", "DELIVERED", "POSTED", "POSTED"]


def test_a_number_of_figures_alone_is_known_as_a_number_too(
    post: Post, mailed: Mailed, registry: Office
) -> None:
    numbers = [12345678901, 12345678902, 12345678903]
    for item, number in zip(mailed.items, numbers, strict=False):
        Item.objects.filter(pk=item.pk).update(number=str(number))
    told = [{**row(""), "connote": number} for number in (numbers[0], float(numbers[1]), 1.23457e17, True)]
    post.prepared = [(200, json.dumps({"data": told}).encode(), {}, 0)]
    report = pull(office=registry, actor_id=None, at=AT, api=api(post, batch=4), enqueue=False)
    assert (report.rows, report.foreign) == (2, 2)
    assert report.courier_file is not None
    assert process(courier_file_id=report.courier_file.pk).outcomes["applied"] == 2


def test_a_job_tells_how_many_answers_were_about_nothing_that_was_asked(
    post: Post, mailed: Mailed, registry: Office, settings: Settings
) -> None:
    settings.COURIER_PULL_URL, settings.COURIER_PULL_PER_SECOND = post.url, 1_000
    post.news = lambda _number: [row("RZ000000005ID"), row("")]
    job = start_pull(office=registry, actor_id=None)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (
        "SUCCEEDED", {"courier_file": "", "asked": 4, "rows": 0, "unanswered": 0, "foreign": 8},
    )  # fmt: skip


def test_a_server_that_lets_wait_outlives_no_lease(
    post: Post, mailed: Mailed, registry: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COURIER_PULL_URL, settings.COURIER_PULL_PER_SECOND = post.url, 1_000
    monkeypatch.setattr("jobs.services.LEASE", timedelta(seconds=0.6))
    monkeypatch.setattr(tracking_api, "BEAT_S", 0.1)
    reaped: list[int] = []

    def and_reap(seconds: float) -> None:
        time.sleep(seconds)
        reaped.append(reap())

    monkeypatch.setattr(tracking_api, "time", SimpleNamespace(sleep=and_reap, monotonic=time.monotonic))
    post.prepared = [(503, b"", {"Retry-After": "1"}, 0)] * 2
    post.news = lambda number: [row(number)]
    job = start_pull(office=registry, actor_id=None)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.result["rows"]) == ("SUCCEEDED", 1, 4)
    assert (job.done, job.total) == (4, 4)
    assert (len(reaped) >= 20, sum(reaped), len(post.asked)) == (True, 0, 3)


def test_a_round_that_waits_is_cancelled_at_once_and_uploads_nothing(
    post: Post, mailed: Mailed, registry: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COURIER_PULL_URL, settings.COURIER_PULL_PER_SECOND = post.url, 1_000
    job = start_pull(office=registry, actor_id=None)
    slept: list[float] = []

    def is_cancelled_meanwhile(seconds: float) -> None:
        slept.append(seconds)
        cancel(job_id=job.pk)

    clock = SimpleNamespace(sleep=is_cancelled_meanwhile, monotonic=time.monotonic)
    monkeypatch.setattr(tracking_api, "time", clock)
    post.news = lambda number: [row(number)]
    post.prepared = [(503, b"", {"Retry-After": "30"}, 0)]
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, slept, len(post.asked)) == ("CANCELLED", [tracking_api.BEAT_S], 1)
    assert CourierFile.objects.count() == 0


def test_a_server_that_fails_delays_and_sends_garbage_is_asked_again(
    post: Post, mailed: Mailed, registry: Office
) -> None:
    post.prepared = [
        (503, b"", {"Retry-After": "0"}, 0), (200, b"<html>", {}, 0), (200, b'{"data": []}', {}, 0),
        (200, b'{"data": {"a": 1}}', {}, 0.5), (200, b'[' * 100_000, {}, 0), (200, b'{"data": [7, null]}', {}, 0),
    ]  # fmt: skip
    report = pull(office=registry, actor_id=None, at=AT, api=api(post), enqueue=False)
    assert (len(post.asked), report.asked, report.rows, report.unanswered, report.foreign) == (6, 4, 0, 0, 2)
    assert (report.courier_file, CourierFile.objects.count()) == (None, 0)


def test_no_redirect_is_followed_no_long_answer_read_and_a_dead_server_is_left_alone(
    post: Post, mailed: Mailed, registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_api, "LARGEST_ANSWER", 1_000)
    elsewhere = {"Location": post.url.replace("127.0.0.1", "localhost")}
    long = json.dumps({"data": [row(str(mailed.items[0].number), description="x" * 2_000)]}).encode()
    answers: list[Answer] = [(302, b"", elsewhere, 0), (200, long, {}, 0), (500, b"", {}, 0)]
    post.prepared = [answer for answer in answers for _try in range(3)]
    report = pull(office=registry, actor_id=None, at=AT, api=api(post, batch=1), enqueue=False)
    assert (len(post.asked), report.rows, report.unanswered) == (9, 0, 4)
    assert TrackingEvent.objects.exclude(status="POSTED").count() == 0


def test_half_a_character_and_nul_are_no_text(post: Post, mailed: Mailed, registry: Office) -> None:
    number = str(mailed.items[0].number)
    post.news = lambda asked: [row(number, "DELI\0VERED", description="\ud800")] if asked == number else []
    report = pull(office=registry, actor_id=None, at=AT, api=api(post), enqueue=False)
    assert report.courier_file is not None
    assert process(courier_file_id=report.courier_file.pk).outcomes["applied"] == 1
    assert state_of(mailed.cards[0])[0] == "DELIVERED"


def test_it_is_off_until_it_is_set_up_and_never_asks_in_the_clear(
    mailed: Mailed, registry: Office, post_office: Office, settings: Settings, post: Post
) -> None:
    cases = [
        ("", Code.PULL_OFF),
        ("http://pos.example/lacak", Code.PULL_MISCONFIGURED),
        ("file:///etc", Code.PULL_MISCONFIGURED),
    ]
    for url, code in cases:
        settings.COURIER_PULL_URL = url
        with pytest.raises(DeliveryRefused) as refused:
            start_pull(office=registry, actor_id=None)
        assert refused.value.code is code
    settings.COURIER_PULL_URL = post.url
    with pytest.raises(DeliveryRefused) as refused:
        start_pull(office=post_office, actor_id=None)
    assert refused.value.code is Code.OFFICE_SENDS_NO_STATUS_FILES
    assert (Job.objects.count(), post.asked) == (0, [])


def test_a_job_fetches_and_another_applies(
    post: Post, mailed: Mailed, registry: Office, settings: Settings
) -> None:
    settings.COURIER_PULL_URL, settings.COURIER_PULL_PER_SECOND = post.url, 1_000
    post.news = lambda number: [row(number)]
    job = start_pull(office=registry, actor_id=None)
    with pytest.raises(DeliveryRefused) as refused:
        start_pull(office=registry, actor_id=None)
    assert refused.value.code is Code.PULL_IN_WORK
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["rows"]) == ("SUCCEEDED", 4)
    assert not registry.applies_status_files  # the setting is about files that somebody sends
    run_job(Job.objects.get(kind="courier.file").pk)
    assert {state_of(card)[0] for card in mailed.cards} == {"DELIVERED"}
    file = CourierFile.objects.get()
    assert undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT) == 4
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}


def test_the_command_applies_and_says_what_was_not_answered(
    post: Post, mailed: Mailed, registry: Office, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.COURIER_PULL_URL, settings.COURIER_PULL_PER_SECOND = post.url, 1_000
    post.news = lambda number: [row(number)]
    call_command("pull_status", office="3216")
    assert "applied: 4" in capsys.readouterr().out
    settings.COURIER_PULL_URL = ""
    with pytest.raises(CommandError):
        call_command("pull_status", office="3216")
