"""The resolver says for a typed address which village it means and whether the post can deliver there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addresses.gazetteer import RegionAlias, load
from addresses.outcome import Level, NextAction, Part, Reason, Rule, Status, Verdict
from addresses.resolver import AddressCheck, AddressInput, Resolver

RESOLVER = Resolver(load())
GOOD = AddressInput(
    alamat="Jl. Merpati Raya No. 12",
    rt_rw="001/002",
    desa_kelurahan="Karangasih",
    kecamatan="Cikarang Utara",
    kabupaten="Kabupaten Bekasi",
    provinsi="Jawa Barat",
    kode_pos="17534",
)


def check(**changes: str) -> AddressCheck:
    return RESOLVER.check(replace(GOOD, **changes))


def test_a_complete_address_is_deliverable() -> None:
    answer = check()
    assert (answer.verdict, answer.next_action) == (Verdict.DELIVERABLE, NextAction.ACCEPT)
    assert answer.village_code == "32.16.09.2003"
    assert (answer.input_level, answer.match_level) == (Level.VILLAGE, Level.VILLAGE)
    assert answer.rule is Rule.EXACT
    assert [component.part for component in answer.components] == list(Part)
    assert answer.component(Part.VILLAGE).status is Status.CONFIRMED
    assert answer.component(Part.RT).canonical == "001"
    assert answer.geocode is not None
    assert answer.geocode.granularity is Level.VILLAGE


@pytest.mark.parametrize(
    "village", ["Karang Asih", "KARANGASIH", "Desa Karangasih", "Kel. Karang-asih", "ds karang asih"]
)
def test_writings_of_one_name_are_one_village(village: str) -> None:
    assert check(desa_kelurahan=village).village_code == "32.16.09.2003"


@pytest.mark.parametrize(
    ("village", "status"), [("Karangasi", Status.CORRECTED), ("Karagnasih", Status.CORRECTED)]
)
def test_a_typing_error_inside_the_district_is_corrected(village: str, status: Status) -> None:
    answer = check(desa_kelurahan=village)
    assert answer.village_code == "32.16.09.2003"
    assert answer.verdict is Verdict.DELIVERABLE
    assert Reason.VILLAGE_TYPO in answer.reasons
    assert answer.component(Part.VILLAGE).status is status


def test_a_village_of_another_district_is_reviewed() -> None:
    answer = check(kecamatan="Cikarang Pusat")
    assert answer.village_code == "32.16.09.2003"
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert answer.next_action is NextAction.CONFIRM
    assert answer.rule is Rule.OTHER_DISTRICT
    assert Reason.DISTRICT_CORRECTED in answer.reasons
    assert answer.component(Part.DISTRICT).status is Status.CORRECTED
    assert answer.component(Part.DISTRICT).canonical == "Cikarang Utara"


def test_numbers_in_words_figures_and_roman_are_one_name() -> None:
    palembang = {"kabupaten": "Kota Palembang", "provinsi": "", "kode_pos": ""}
    for village, district in (
        ("26 Ilir", "Bukit Kecil"),
        ("XXVI Ilir", "bukit kecil"),
        ("Dua Puluh Enam Ilir", "Bukit Kecil"),
    ):
        answer = check(desa_kelurahan=village, kecamatan=district, **palembang)
        assert answer.village_code == "16.71.11.1005", village


def test_the_line_that_names_another_village_is_a_conflict_and_never_a_pick() -> None:
    answer = check(alamat="Jl. Merpati Kel. Mekarmukti")
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert Reason.TEXT_NAMES_OTHER_VILLAGE in answer.reasons
    assert answer.component(Part.VILLAGE).status is Status.CONFLICT
    assert [option.code for option in answer.alternatives] == ["32.16.09.2010"]


def test_a_postcode_alone_never_lowers_the_verdict() -> None:
    for postcode, reason in (
        ("", Reason.POSTCODE_EMPTY),
        ("10110", Reason.POSTCODE_OTHER_DISTRICT),
        ("00001", Reason.POSTCODE_UNKNOWN),
        ("abc", Reason.POSTCODE_UNKNOWN),
    ):
        answer = check(kode_pos=postcode)
        assert answer.verdict is Verdict.DELIVERABLE, postcode
        assert reason in answer.reasons


def test_neither_rt_rw_nor_street_is_reviewed() -> None:
    answer = check(alamat="", rt_rw="0/0")
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert {Reason.RT_RW_MISSING, Reason.STREET_MISSING} <= set(answer.reasons)


def test_a_regency_alone_is_undeliverable() -> None:
    answer = RESOLVER.check(AddressInput(kabupaten="Kab. Bekasi"))
    assert (answer.verdict, answer.next_action) == (Verdict.UNDELIVERABLE, NextAction.FIX)
    assert (answer.match_level, answer.match_code) == (Level.REGENCY, "32.16")


def test_kota_and_kabupaten_of_one_name_are_told_apart_by_the_district() -> None:
    answer = check(desa_kelurahan="Jatiasih", kecamatan="Jatiasih", kabupaten="Bekasi")
    assert answer.village_code == "32.75.09.1002"
    swapped = check(desa_kelurahan="Jatiasih", kecamatan="Jatiasih", kabupaten="Kab. Bekasi")
    assert swapped.village_code == "32.75.09.1002"
    assert swapped.verdict is Verdict.NEEDS_REVIEW
    assert Reason.CITY_REGENCY_SWAPPED in swapped.reasons


def test_an_operators_alias_is_known_at_once_and_changes_the_version() -> None:
    assert check(desa_kelurahan="Kp Tegal Danas Lama").verdict is Verdict.NEEDS_REVIEW
    gazetteer = load().with_overrides(aliases=[RegionAlias("32.16.09.2003", "Kp Tegal Danas Lama")])
    answer = Resolver(gazetteer).check(replace(GOOD, desa_kelurahan="Kp Tegal Danas Lama"))
    assert answer.village_code == "32.16.09.2003"
    assert answer.component(Part.VILLAGE).status is Status.ALIASED
    assert answer.gazetteer_version != load().version
