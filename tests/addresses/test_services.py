"""Storing checked addresses, the review desk, the operators' names and postcodes, the geocoders' shared store."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from addresses.geocode_store import DatabaseAnswers, DatabaseTurns
from addresses.geocoding import CachedAnswer, PointAnswer
from addresses.models import Address, AddressReview, RegionAlias, RegionPostcode
from addresses.outcome import AddressInput
from addresses.refusals import MESSAGES, AddressRefused, Code
from addresses.services import (
    Decided,
    alias_suggestions,
    build_addresses,
    check_addresses,
    corrections_of,
    current_gazetteer,
    decide,
    decide_alias,
    import_aliases,
    import_postcodes,
    printed_lines,
    recheck_waiting,
    region_line,
    review_groups,
    store_addresses,
)
from offices.models import Office

pytestmark = pytest.mark.django_db
JATIMULYA = "32.16.06.1001"
SETIADARMA = "32.16.06.2005"


def typed(village: str = "Jatimulya", **fields: str) -> AddressInput:
    values = {
        "alamat": "Jl. Contoh No. 1", "rt_rw": "1/7", "desa_kelurahan": village, "kecamatan": "Tambun Selatan",
        "kabupaten": "Kab. Bekasi", "provinsi": "Jawa Barat", "kode_pos": "17510",
    }  # fmt: skip
    return AddressInput(**(values | fields))


@pytest.fixture
def store(registry: Office, now: datetime) -> Callable[..., list[Address]]:
    def run(*inputs: AddressInput) -> list[Address]:
        ids = [stored.id for stored in store_addresses(office_id=registry.pk, inputs=inputs, at=now)]
        return list(Address.objects.filter(pk__in=ids).order_by("pk"))

    return run


@pytest.fixture
def judge(registry: Office, supervisor: User, now: datetime) -> Callable[..., Decided]:
    def run(addresses: list[Address], decision: str, **options: object) -> Decided:
        return decide(
            office_id=registry.pk, address_ids=[address.pk for address in addresses], decision=decision,
            actor_id=supervisor.pk, at=now, **options,  # type: ignore[arg-type]
        )  # fmt: skip

    return run


def test_stored_address_keeps_what_was_typed_beside_its_check(store: Callable[..., list[Address]]) -> None:
    (address,) = store(typed("JATI MULIA", rt_rw="RT 1 RW VII"))
    assert (address.desa_kelurahan, address.rt_rw) == ("JATI MULIA", "RT 1 RW VII")
    assert (address.village_code, address.verdict, address.next_action) == (
        JATIMULYA,
        "DELIVERABLE",
        "ACCEPT",
    )
    assert (address.rt, address.rw, address.postcode) == ("001", "007", "17510")
    assert address.latitude is not None
    assert address.gazetteer.startswith(current_gazetteer().version)


def test_built_addresses_equal_stored_ones(
    store: Callable[..., list[Address]], registry: Office, now: datetime
) -> None:
    inputs = [typed(), typed("Entah Di Mana"), typed("Setia Darma", rt_rw="")]
    built = build_addresses(office_id=registry.pk, inputs=inputs, at=now)
    stored = store(*inputs)
    fields = [field.attname for field in Address._meta.concrete_fields if field.attname != "id"]
    for one, other in zip(built, stored, strict=True):
        assert [getattr(one, name) for name in fields] == [getattr(other, name) for name in fields]


def test_storing_more_addresses_takes_no_more_queries(
    registry: Office, now: datetime, on_sqlite_only: None
) -> None:
    check_addresses(inputs=[typed()])
    counts = []
    for number in (2, 200):
        with CaptureQueriesContext(connection) as queries:
            store_addresses(office_id=registry.pk, inputs=[typed()] * number, at=now)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_check_answers_in_order_and_stores_nothing() -> None:
    checks = check_addresses(inputs=[typed("Setia Darma"), typed()])
    assert [check.village_code for check in checks] == [SETIADARMA, JATIMULYA]
    assert not Address.objects.exists()


def test_desk_groups_what_was_typed_alike_largest_first(
    store: Callable[..., list[Address]], registry: Office
) -> None:
    store(typed(), typed("Xyz"), typed("Abcdef"), typed("abcdef"), typed("ABCDEF."))
    groups = review_groups(office_id=registry.pk)
    assert [(group.group_key, group.count) for group in groups] == [
        ("abcdef / tambun selatan", 3), ("xyz / tambun selatan", 1),
    ]  # fmt: skip
    assert len(groups[0].sample_ids) == 3
    assert [group.group_key for group in review_groups(office_id=registry.pk, limit=1, offset=1)] == [
        "xyz / tambun selatan"
    ]


def test_accepted_village_makes_the_whole_group_deliverable(
    store: Callable[..., list[Address]], judge: Callable[..., Decided], registry: Office, supervisor: User
) -> None:
    addresses = store(typed("Abcdef"), typed("Abcdef"))
    decided = judge(addresses, "ACCEPTED", village_code=SETIADARMA)
    assert decided == Decided(tuple(address.pk for address in addresses), ())
    address = Address.objects.get(pk=addresses[0].pk)
    assert (address.verdict, address.village_code, address.rule) == ("DELIVERABLE", SETIADARMA, "REVIEWED")
    assert (address.desa_kelurahan, address.confidence) == ("Abcdef", 1.0)
    assert printed_lines(address)[2] == f"Desa {current_gazetteer().name(SETIADARMA)}"
    assert review_groups(office_id=registry.pk) == []
    review = AddressReview.objects.filter(address=address).get()
    assert (review.decision, review.village_code, review.decided_by_id) == (
        "ACCEPTED",
        SETIADARMA,
        supervisor.pk,
    )


def test_corrected_field_is_checked_again_and_printed_but_never_overwrites(
    store: Callable[..., list[Address]], judge: Callable[..., Decided]
) -> None:
    (address,) = store(typed("Abcdef", alamat="rumah"))
    assert judge([address], "CORRECTED", corrections={"alamat": "Jl. Mawar 3"}).deliverable_ids == ()
    decided = judge([address], "CORRECTED", corrections={"desa_kelurahan": "Jatimulya"})
    assert decided.deliverable_ids == (address.pk,)
    address = Address.objects.get(pk=address.pk)
    assert (address.desa_kelurahan, address.alamat, address.village_code) == ("Abcdef", "rumah", JATIMULYA)
    corrections = corrections_of(address_ids=[address.pk])[address.pk]
    assert corrections == {"alamat": "Jl. Mawar 3", "desa_kelurahan": "Jatimulya"}
    assert printed_lines(address, corrections)[::2] == ("Jl. Mawar 3", "Kel. Jatimulya")


def test_undeliverable_address_leaves_the_desk_and_a_phone_call_leaves_it_there(
    store: Callable[..., list[Address]], judge: Callable[..., Decided], registry: Office
) -> None:
    first, second = store(typed("Abcdef"), typed("Xyz"))
    assert judge([first], "UNDELIVERABLE", note="tidak dikenal").still_waiting_ids == (first.pk,)
    assert judge([second], "PHONE_ASKED").still_waiting_ids == (second.pk,)
    assert [group.group_key for group in review_groups(office_id=registry.pk)] == ["xyz / tambun selatan"]


@pytest.mark.parametrize(
    ("decision", "options", "code"),
    [
        ("MAYBE", {}, Code.DECISION_UNKNOWN),
        ("ACCEPTED", {}, Code.VILLAGE_MISSING),
        ("ACCEPTED", {"village_code": "32.16.06"}, Code.VILLAGE_UNKNOWN),
        ("ACCEPTED", {"village_code": "99.99.99.9999"}, Code.VILLAGE_UNKNOWN),
        ("CORRECTED", {}, Code.NOTHING_CORRECTED),
        ("CORRECTED", {"corrections": {"nik": "1"}}, Code.FIELD_UNKNOWN),
        ("CORRECTED", {"corrections": {"kode_pos": "1" * 11}}, Code.FIELD_TOO_LONG),
    ],
)
def test_decision_is_refused_and_nothing_happens(
    store: Callable[..., list[Address]],
    judge: Callable[..., Decided],
    decision: str,
    options: dict[str, object],
    code: Code,
) -> None:
    addresses = store(typed("Abcdef"))
    before = list(Address.objects.values())
    with pytest.raises(AddressRefused) as caught:
        judge(addresses, decision, **options)
    assert caught.value.code is code
    assert str(caught.value)
    assert list(Address.objects.values()) == before
    assert not AddressReview.objects.exists()


def test_address_of_another_office_is_refused(
    store: Callable[..., list[Address]], counter: Office, now: datetime
) -> None:
    (address,) = store(typed("Abcdef"))
    with pytest.raises(AddressRefused) as caught:
        decide(
            office_id=counter.pk, address_ids=[address.pk], decision="UNDELIVERABLE", actor_id=None, at=now
        )
    assert caught.value.code is Code.ADDRESS_UNKNOWN


def test_correction_that_repeats_becomes_a_suggestion_and_then_a_name_that_is_known(
    store: Callable[..., list[Address]],
    judge: Callable[..., Decided],
    registry: Office,
    supervisor: User,
    now: datetime,
) -> None:
    first, second, *others = store(*[typed("Kampung Zeni")] * 2, *[typed("kampung zeni")] * 3)
    judge([first, second], "ACCEPTED", village_code=JATIMULYA)
    assert alias_suggestions() == []
    judge(others[:1], "ACCEPTED", village_code=JATIMULYA)
    (suggestion,) = alias_suggestions()
    assert (suggestion.name, suggestion.parent_code, suggestion.region_code, suggestion.uses) == (
        "kampung zeni", "32.16.06", JATIMULYA, 3,
    )  # fmt: skip
    before = current_gazetteer().version
    decide_alias(alias_id=suggestion.alias_id, accept=True, actor_id=supervisor.pk)
    assert current_gazetteer().version != before
    decided = recheck_waiting(office_id=registry.pk, at=now)
    assert decided == Decided(tuple(address.pk for address in others[1:]), ())
    assert Address.objects.get(pk=others[1].pk).village_code == JATIMULYA
    for alias_id, code in ((suggestion.alias_id, Code.ALIAS_DECIDED), (0, Code.ALIAS_UNKNOWN)):
        with pytest.raises(AddressRefused) as caught:
            decide_alias(alias_id=alias_id, accept=False, actor_id=None)
        assert caught.value.code is code


def test_refused_suggestion_is_never_made_again(
    store: Callable[..., list[Address]], judge: Callable[..., Decided]
) -> None:
    judge(store(*[typed("Kampung Zeni")] * 3), "ACCEPTED", village_code=JATIMULYA)
    decide_alias(alias_id=alias_suggestions()[0].alias_id, accept=False, actor_id=None)
    judge(store(*[typed("Kampung Zeni")] * 3), "ACCEPTED", village_code=JATIMULYA)
    assert alias_suggestions() == []
    assert check_addresses(inputs=[typed("Kampung Zeni")])[0].village_code == ""


def test_operators_lists_are_taken_over_from_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, postcodes = tmp_path / "nama.csv", tmp_path / "pos.csv"
    names.write_text(f"nama;kode wilayah;kode induk\nKota Baru Zeni;{JATIMULYA};32.16.06\n", encoding="utf-8")
    postcodes.write_text(f"kode desa,kode pos\n{JATIMULYA},17599\n", encoding="utf-8")
    call_command("import_aliases", str(names))
    call_command("import_postcodes", str(postcodes))
    assert import_aliases(path=names, actor_id=None).unchanged == 1
    postcodes.write_text(f"kode desa,kode pos\n{JATIMULYA},17598\n", encoding="utf-8")
    assert import_postcodes(path=postcodes).changed == 1
    (check,) = check_addresses(inputs=[typed("Kota Baru Zeni")])
    assert check.village_code == JATIMULYA
    assert current_gazetteer().postcode(JATIMULYA) == "17598"


@pytest.mark.parametrize(
    ("command", "content", "told"),
    [
        ("import_aliases", "nama,kode wilayah\nBaik,32.16.06.1001\nSalah,99.99\n", "3"),
        ("import_aliases", "nama,kode wilayah\n,32.16.06.1001\n", "nama"),
        ("import_aliases", "nama,kode wilayah,kode induk\nBaik,32.16.06.1001,zz\n", "kode induk"),
        ("import_aliases", "satu,dua\n1,2\n", "kode wilayah"),
        ("import_postcodes", "kode desa,kode pos\n32.16.06.1001,1759\n", "kode pos"),
        ("import_postcodes", "kode desa,kode pos\n32.16.06,17599\n", "kode desa"),
        ("import_postcodes", "", ""),
    ],
)
def test_wrong_list_is_refused_and_nothing_is_changed(
    tmp_path: Path, command: str, content: str, told: str
) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        call_command(command, str(path))
    assert caught.value.returncode == 2
    assert told in str(caught.value)
    assert not RegionAlias.objects.exists()
    assert not RegionPostcode.objects.exists()


def test_region_line_is_the_regency_in_capitals(store: Callable[..., list[Address]]) -> None:
    (address,) = store(typed())
    assert region_line(address) == "KABUPATEN BEKASI"


def test_label_keeps_level_words_that_were_typed(store: Callable[..., list[Address]]) -> None:
    (address,) = store(typed("Kel. Jatimulya", kecamatan="KEC TAMBUN SELATAN", dusun="Kp. Baru"))
    assert printed_lines(address) == (
        "Jl. Contoh No. 1, Kp. Baru", "RT 001 / RW 007", "Kel. Jatimulya", "KEC TAMBUN SELATAN",
    )  # fmt: skip


def test_resolve_command_writes_one_result_per_row(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "id,alamat,rt_rw,desa_kelurahan,kecamatan,kabupaten\na,Jl. Satu 1,1/2,Jatimulya,Tambun Selatan,Kab. Bekasi\n"
        "b,,,,,\nc,Jl. Dua 2,,Entah,Entah,\n",
        encoding="utf-8",
    )
    call_command("resolve_addresses", str(source), str(target))
    rows = list(csv.DictReader(target.open(encoding="utf-8")))
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert (rows[0]["verdict"], rows[0]["village_code"]) == ("DELIVERABLE", JATIMULYA)
    assert sorted(tmp_path.iterdir()) == [source, target]


def test_resolve_command_never_stops_at_a_bad_row(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    hostile = [
        "\x00\x01\x02",
        "A" * 100_000,
        "😀😀",
        "شارع الملك",
        "1234567890",
        "10 Downing Street",
        'a\nb "c"',
    ]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "alamat"), *enumerate(hostile)])
    call_command("resolve_addresses", str(source), str(target))
    rows = list(csv.DictReader(target.open(encoding="utf-8")))
    assert [row["id"] for row in rows] == [str(number) for number in range(len(hostile))]
    assert {row["verdict"] for row in rows} == {"UNDELIVERABLE"}
    assert all(row["reasons"] for row in rows)


def test_resolve_command_refuses_a_table_without_known_columns(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("satu,dua\n1,2\n", encoding="utf-8")
    for path in (source, tmp_path / "missing.csv"):
        with pytest.raises(CommandError) as caught:
            call_command("resolve_addresses", str(path), str(tmp_path / "out.csv"))
        assert caught.value.returncode == 2
    assert not (tmp_path / "out.csv").exists()


def test_geocoders_answers_are_kept_no_match_included(now: datetime) -> None:
    answers = DatabaseAnswers(clock=lambda: now)
    point = PointAnswer(-6.2, 107.0, "Jatimulya", "photon")
    assert answers.get(provider="photon", query="Jatimulya") is None
    answers.put(provider="photon", query="Jatimulya", answer=CachedAnswer(point))
    answers.put(provider="photon", query="Entah", answer=CachedAnswer(None))
    assert answers.get(provider="photon", query="Jatimulya") == CachedAnswer(point)
    assert answers.get(provider="photon", query="Entah") == CachedAnswer(None)
    assert answers.get(provider="pelias", query="Jatimulya") is None


def test_turns_come_one_after_the_other_for_all_workers(now: datetime) -> None:
    first, second = (
        DatabaseTurns(clock=lambda: now),
        DatabaseTurns(clock=lambda: now + timedelta(seconds=0.25)),
    )
    assert first.reserve(provider="photon", per_second=2) == 0
    assert second.reserve(provider="photon", per_second=2) == 0.25
    assert first.reserve(provider="photon", per_second=2) == 1.0
    assert first.reserve(provider="pelias", per_second=2) == 0


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == set(Code)


@pytest.fixture
def on_sqlite_only() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("counts statements, and COPY is none that Django counts")
