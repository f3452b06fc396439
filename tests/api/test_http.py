"""The API over real HTTP, behind the web server that production uses."""

import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import ConsoleMessage, sync_playwright

from accounts.models import User
from offices.models import Office
from tests.api.server import running_server
from tests.api.test_idempotency import printed

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(tmp_path: Path, printing_user: User, key_of: Callable[..., str]) -> Iterator[tuple[str, str]]:
    key = key_of(printing_user)
    with running_server(tmp_path) as base:
        yield f"{base}/api/v1", key


def test_cards_are_registered_listed_and_opened_over_http(server: tuple[str, str]) -> None:
    base, key = server
    session = requests.Session()
    session.headers["Authorization"] = f"Api-Key {key}"
    made = session.post(f"{base}/cards/", json={"cards": [printed(1), printed(2)]}, timeout=30)
    assert made.status_code == 200
    assert made.json()["outcomes"]["registered"] == 2
    listed = session.get(f"{base}/cards/", timeout=30).json()
    assert [card["nik"] for card in listed["results"]] == ["••••0002", "••••0001"]
    reference = listed["results"][0]["reference"]
    assert session.get(f"{base}/cards/{reference}/", timeout=30).json()["verdict"] == "DELIVERABLE"
    assert requests.get(f"{base}/cards/{reference}/", timeout=30).status_code == 401


def test_two_at_once_are_done_once(server: tuple[str, str]) -> None:
    base, key = server
    headers = {"Authorization": f"Api-Key {key}", "Idempotency-Key": "k1"}
    body = {"cards": [printed(serial) for serial in range(1, 40)]}

    def send(_number: int) -> requests.Response:
        return requests.post(f"{base}/cards/", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    replayed = sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers)
    assert replayed == ["", "true", "true", "true", "true", "true"]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["outcomes"]["registered"] == 39
    assert requests.get(f"{base}/cards/", headers=headers, timeout=30).json()["next"] is None


def test_an_upload_streams_to_disk_and_too_large_a_one_is_refused_at_once(server: tuple[str, str]) -> None:
    base, key = server
    headers = {"Authorization": f"Api-Key {key}"}
    sent = requests.post(
        f"{base}/intake-files/",
        headers=headers,
        files={"file": ("kartu.csv", b"NIK;Nama\n", "text/csv")},
        timeout=30,
    )
    assert sent.status_code == 202
    assert sent.json()["state"] == "WAITING"
    assert (
        requests.get(sent.headers["Location"], headers=headers, timeout=30).json()["id"] == sent.json()["id"]
    )
    refused = _announce_upload(base, key, length=5_000_000_000)
    assert "413" in refused.partition("\r\n")[0]
    assert '"code":"too_large"' in refused


def _announce_upload(base: str, key: str, *, length: int) -> str:
    """Send the head of an upload and nothing of its body: the answer must not wait for it."""
    url = urlsplit(base)
    head = (
        f"POST {url.path}/intake-files/ HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Api-Key {key}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=30) as connection:
        connection.sendall(head.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_page_of_the_api_works_under_the_strict_csp(tmp_path: Path, registry: Office) -> None:
    troubles: list[str] = []
    asked: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    with running_server(tmp_path) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", listen)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{base}/api/v1/docs/")
        # the page draws only the operations that are in sight
        page.wait_for_selector("[data-path='/api/v1/addresses/check/']")
        browser.close()
    assert troubles == []
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []
