"""Online geocoders are asked on the operator's own host, in their own format, and never decide the village."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from addresses.gazetteer import load
from addresses.geocoding import (
    CachedAnswer,
    GazetteerGeocoder,
    Geocoder,
    GeocoderConfig,
    GeocoderMisconfigured,
    GeocoderUnavailable,
    PointAnswer,
    RegionQuery,
    apply_answer,
    build_geocoder,
)
from addresses.outcome import AddressInput, NextAction, Part, Status, Verdict
from addresses.resolver import Resolver

GAZETTEER = load()
VILLAGE = "32.16.09.2003"
QUERY = RegionQuery.of(GAZETTEER, VILLAGE)
LAT, LON = -6.2509, 107.1541


@dataclass
class Script:
    """What the server answers, one entry a request (the last one for ever), and what it was asked."""

    replies: list[tuple[int, dict[str, str], str]]
    delay_s: float = 0.0
    asked: list[str] = field(default_factory=list)


class Memory:
    """A cache and a limiter in memory, as tables would do it."""

    def __init__(self, waits: list[float] | None = None) -> None:
        self.answers: dict[tuple[str, str], CachedAnswer] = {}
        self.waits = waits or []
        self.slept: list[float] = []

    def get(self, *, provider: str, query: str) -> CachedAnswer | None:
        return self.answers.get((provider, query))

    def put(self, *, provider: str, query: str, answer: CachedAnswer) -> None:
        self.answers[provider, query] = answer

    def reserve(self, *, provider: str, per_second: float) -> float:
        return self.waits.pop(0) if self.waits else 0.0


@pytest.fixture
def server() -> Iterator[tuple[str, Script]]:
    script = Script(replies=[(200, {}, "[]")])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.asked.append(self.path)
            status, headers, body = script.replies[min(len(script.asked), len(script.replies)) - 1]
            time.sleep(script.delay_s)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", script
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def nominatim(lat: float = LAT, lon: float = LON) -> str:
    place = {"place_id": 1, "lat": str(lat), "lon": str(lon), "display_name": "Karangasih, Bekasi"}
    return json.dumps([place])


def photon(lat: float = LAT, lon: float = LON) -> str:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"name": "Karangasih", "country": "Indonesia"},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def pelias(lat: float = LAT, lon: float = LON) -> str:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"name": "Karangasih", "label": "Karangasih, WJ, Indonesia"},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def online(kind: str, url: str, memory: Memory, **changes: float) -> Geocoder:
    config = GeocoderConfig(kind=kind, url=url, allowed_hosts=frozenset({"127.0.0.1"}), timeout_s=0.4)
    config = replace(config, **changes)  # type: ignore[arg-type]
    return build_geocoder(config, GAZETTEER, cache=memory, limiter=memory, sleep=memory.slept.append)


BODIES = {"nominatim": nominatim, "photon": photon, "pelias": pelias}
EMPTY = {"nominatim": "[]", "photon": '{"features": []}', "pelias": '{"features": []}'}
KINDS = sorted(BODIES)


@pytest.mark.parametrize("kind", KINDS)
def test_each_geocoder_is_read_in_its_own_format(kind: str, server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, BODIES[kind]())]
    point = online(kind, url, Memory()).locate(QUERY)
    assert point is not None
    assert (point.lat, point.lon, point.provider) == (LAT, LON, kind)


def test_nominatim_is_asked_by_structured_fields_with_region_names_only(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, nominatim())]
    online("nominatim", url, Memory()).locate(QUERY)
    asked = parse_qs(urlsplit(script.asked[0]).query)
    assert asked["city"] == ["Karangasih"]
    assert asked["county"] == ["Kabupaten Bekasi"]
    assert asked["state"] == ["Jawa Barat"]
    assert asked["country"] == ["Indonesia"]
    assert asked["countrycodes"] == ["id"]
    assert "q" not in asked


@pytest.mark.parametrize("kind", KINDS)
def test_no_match_is_none_and_is_remembered(kind: str, server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, EMPTY[kind])]
    geocoder = online(kind, url, Memory())
    assert geocoder.locate(QUERY) is None
    assert geocoder.locate(QUERY) is None
    assert len(script.asked) == 1


def test_an_answer_is_asked_for_once(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, nominatim())]
    memory = Memory()
    first = online("nominatim", url, memory).locate(QUERY)
    assert online("nominatim", url, memory).locate(QUERY) == first
    assert len(script.asked) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_broken_geocoder_is_an_error_after_its_retries_and_never_no_match(
    kind: str, status: int, server: tuple[str, Script]
) -> None:
    url, script = server
    script.replies = [(status, {}, "down")]
    memory = Memory()
    with pytest.raises(GeocoderUnavailable) as caught:
        online(kind, url, memory, retries=2).locate(QUERY)
    assert caught.value.code == "GEOCODER_UNAVAILABLE"
    assert len(script.asked) == 3
    assert memory.answers == {}
    assert memory.slept == ([0.5, 1.0] if status != 429 else [0.5, 0.5])


def test_a_geocoder_that_recovers_gives_its_answer(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(503, {}, ""), (200, {}, photon())]
    point = online("photon", url, Memory()).locate(QUERY)
    assert point is not None
    assert len(script.asked) == 2


def test_a_slow_geocoder_is_an_error_within_its_time(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies, script.delay_s = [(200, {}, nominatim())], 1.0
    started = time.monotonic()
    with pytest.raises(GeocoderUnavailable):
        online("nominatim", url, Memory(), retries=1, timeout_s=0.2).locate(QUERY)
    assert time.monotonic() - started < 0.9


def test_a_geocoder_that_is_not_there_is_an_error() -> None:
    with pytest.raises(GeocoderUnavailable):
        online("photon", "http://127.0.0.1:9", Memory(), retries=0).locate(QUERY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", ["", "<html>", "{}", '{"error": "x"}', "[1]", '{"features": [{}]}', "null"])
def test_an_answer_in_another_format_is_an_error(kind: str, body: str, server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, body)]
    with pytest.raises(GeocoderUnavailable):
        online(kind, url, Memory(), retries=0).locate(QUERY)


@pytest.mark.parametrize("status", [401, 403, 400])
def test_a_refusal_is_not_asked_again(status: int, server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(status, {}, "no")]
    with pytest.raises(GeocoderUnavailable):
        online("pelias", url, Memory()).locate(QUERY)
    assert len(script.asked) == 1


def test_a_redirect_to_another_host_is_not_followed(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(302, {"Location": "http://localhost:1/steal"}, "")]
    with pytest.raises(GeocoderUnavailable):
        online("photon", url, Memory(), retries=0).locate(QUERY)
    assert len(script.asked) == 1


def test_too_many_questions_wait_as_long_as_the_geocoder_asks(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(429, {"Retry-After": "7"}, ""), (200, {}, nominatim())]
    memory = Memory()
    assert online("nominatim", url, memory).locate(QUERY) is not None
    assert memory.slept == [7.0]
    script.asked.clear()
    script.replies = [(429, {"Retry-After": "3600"}, "")]
    with pytest.raises(GeocoderUnavailable, match="wait 3600 seconds"):
        online("nominatim", url, Memory()).locate(QUERY)


def test_the_limiter_of_all_workers_says_when_to_ask(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, nominatim())]
    memory = Memory(waits=[2.5])
    online("nominatim", url, memory).locate(QUERY)
    assert memory.slept == [2.5]


def test_a_point_outside_indonesia_is_no_match(server: tuple[str, Script]) -> None:
    url, script = server
    script.replies = [(200, {}, photon(lat=52.1, lon=5.1))]
    assert online("photon", url, Memory()).locate(QUERY) is None


def test_it_is_off_by_default_and_then_gives_the_gazetteers_point() -> None:
    memory = Memory()
    geocoder = build_geocoder(GeocoderConfig(), GAZETTEER, cache=memory, limiter=memory)
    assert isinstance(geocoder, GazetteerGeocoder)
    region = GAZETTEER.region(VILLAGE)
    point = geocoder.locate(QUERY)
    assert region is not None
    assert point is not None
    assert (point.lat, point.lon, point.provider) == (region.lat, region.lon, "gazetteer")


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("photon", "http://photon.komoot.io"),
        ("nominatim", "https://127.0.0.1.example.org"),
        ("photon", "ftp://127.0.0.1"),
        ("photon", "http://user:word@127.0.0.1"),
        ("photon", ""),
        ("google", "http://127.0.0.1"),
    ],
)
def test_a_host_that_is_not_allowed_is_refused_before_anything_is_sent(kind: str, url: str) -> None:
    with pytest.raises(GeocoderMisconfigured):
        online(kind, url, Memory())


CHECK = Resolver(GAZETTEER).check(
    AddressInput("Jl. Melati 5", "1/2", "", "Karangasih", "Cikarang Utara", "Kab. Bekasi", "Jawa Barat")
)


def test_a_near_answer_refines_the_point_and_nothing_else() -> None:
    refined = apply_answer(GAZETTEER, CHECK, PointAnswer(LAT, LON, "Karangasih", "photon"))
    assert refined.geocode is not None
    assert (refined.geocode.lat, refined.geocode.lon, refined.geocode.source) == (LAT, LON, "photon")
    assert replace(refined, geocode=CHECK.geocode) == CHECK


def test_a_far_answer_is_a_conflict_for_a_person_and_never_changes_the_code() -> None:
    answer = PointAnswer(-6.9, 107.6, "Bandung", "photon")
    conflict = apply_answer(GAZETTEER, CHECK, answer)
    assert CHECK.verdict is Verdict.DELIVERABLE
    assert conflict.village_code == CHECK.village_code == VILLAGE
    assert (conflict.verdict, conflict.next_action) == (Verdict.NEEDS_REVIEW, NextAction.CONFIRM)
    assert conflict.component(Part.VILLAGE).status is Status.CONFLICT
    assert conflict.geocode == CHECK.geocode
    assert conflict.alternatives[-1].code.startswith("32.73")


def test_no_match_changes_nothing() -> None:
    assert apply_answer(GAZETTEER, CHECK, None) == CHECK


def test_a_query_of_an_unknown_code_is_refused() -> None:
    with pytest.raises(KeyError):
        RegionQuery.of(GAZETTEER, "99.99")
