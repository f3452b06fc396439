"""The operator's geocoder is asked ahead over real HTTP; its answers refine points, or send an address to a person."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from addresses.models import GeocodeCache
from addresses.outcome import AddressInput, Verdict
from addresses.services import check_addresses

KARANGASIH = "32.16.09.2003"
NEAR, FAR = (-6.2600, 107.1500), (-6.9000, 107.6000)
TYPED = AddressInput(
    alamat="Jl. Contoh No. 1", rt_rw="001/002", desa_kelurahan="Karangasih", kecamatan="Cikarang Utara",
    kabupaten="Kab. Bekasi", provinsi="Jawa Barat",
)  # fmt: skip


class Nominatim:
    """Answers as Nominatim does, with a point that the test sets."""

    def __init__(self) -> None:
        self.point = NEAR
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []


@pytest.fixture
def nominatim(settings: Settings, db: None) -> Iterator[Nominatim]:
    said = Nominatim()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(parse_qs(urlsplit(self.path).query))
            self.send_response(said.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            lat, lon = said.point
            self.wfile.write(json.dumps([{"lat": lat, "lon": lon, "display_name": "Karangasih"}]).encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.GEOCODER_KIND = "nominatim"
    settings.GEOCODER_URL = f"http://127.0.0.1:{server.server_port}"
    settings.GEOCODER_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.GEOCODER_PER_SECOND = 1_000.0
    yield said
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_near_answer_refines_the_point_and_keeps_the_village(nominatim: Nominatim) -> None:
    call_command("geocode_villages", KARANGASIH)
    (check,) = check_addresses(inputs=[TYPED])
    assert check.geocode is not None
    assert (check.geocode.lat, check.geocode.lon, check.geocode.source) == (*NEAR, "nominatim")
    assert (check.verdict, check.village_code) == (Verdict.DELIVERABLE, KARANGASIH)


def test_a_far_answer_sends_the_address_to_a_person_and_keeps_the_village(nominatim: Nominatim) -> None:
    nominatim.point = FAR
    call_command("geocode_villages", KARANGASIH)
    (check,) = check_addresses(inputs=[TYPED])
    assert (check.verdict, check.village_code) == (Verdict.NEEDS_REVIEW, KARANGASIH)


def test_only_names_of_areas_are_sent(nominatim: Nominatim) -> None:
    call_command("geocode_villages", KARANGASIH)
    (asked,) = nominatim.asked
    assert asked["city"] == ["Karangasih"]
    assert "Contoh" not in str(asked)


def test_a_village_is_asked_for_once(nominatim: Nominatim) -> None:
    call_command("geocode_villages", KARANGASIH)
    call_command("geocode_villages", KARANGASIH)
    assert len(nominatim.asked) == 1


def test_a_check_asks_nobody(nominatim: Nominatim) -> None:
    check_addresses(inputs=[TYPED])
    assert nominatim.asked == []


def test_a_dead_geocoder_is_said_and_nothing_is_kept(nominatim: Nominatim) -> None:
    nominatim.status = 503
    with pytest.raises(CommandError, match="nominatim"):
        call_command("geocode_villages", KARANGASIH)
    assert GeocodeCache.objects.count() == 0


def test_a_host_that_is_not_allowed_is_refused(nominatim: Nominatim, settings: Settings) -> None:
    settings.GEOCODER_ALLOWED_HOSTS = ["geo.contoh.go.id"]
    with pytest.raises(CommandError, match=r"127\.0\.0\.1"):
        call_command("geocode_villages", KARANGASIH)
    assert nominatim.asked == []


def test_without_a_geocoder_the_command_says_what_to_set(settings: Settings, db: None) -> None:
    settings.GEOCODER_KIND = ""
    with pytest.raises(CommandError, match="GEOCODER_KIND"):
        call_command("geocode_villages", KARANGASIH)


def test_an_unknown_region_is_refused(nominatim: Nominatim) -> None:
    with pytest.raises(CommandError, match=r"99\.99"):
        call_command("geocode_villages", "99.99")
