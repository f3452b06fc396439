"""The gazetteer finds areas by code, name, prefix, postcode and place, and takes operators' rows on top."""

from __future__ import annotations

import pytest

from addresses.gazetteer import RegionAlias, distance_km, load, name_key
from addresses.outcome import Level
from addresses.tables import code_of, number_of

GAZETTEER = load()


def test_every_area_of_the_country_is_there() -> None:
    provinces = GAZETTEER.children()
    regencies = [region for province in provinces for region in GAZETTEER.children(province.code)]
    districts = [region for regency in regencies for region in GAZETTEER.children(regency.code)]
    villages = sum(len(GAZETTEER.children(district.code)) for district in districts)
    assert (len(provinces), len(regencies), len(districts), villages) == (38, 514, 7285, 83762)
    assert len(GAZETTEER.children("32.16")) == 23


def test_every_village_has_a_point_and_a_radius_and_says_whose_point_it_is() -> None:
    sources = set()
    for district in GAZETTEER.children("32.16"):
        for village in GAZETTEER.children(district.code):
            assert 106.9 < village.lon < 107.4
            assert -6.5 < village.lat < -5.9
            assert village.radius_m >= 500
            sources.add(village.point_source)
    assert sources <= {"B", "N", "G", "D"}


def test_a_region_is_found_by_its_code_only() -> None:
    region = GAZETTEER.region("32.16.09.2003")
    assert region is not None
    assert (region.name, region.level, region.postcode) == ("Karangasih", Level.VILLAGE, "17534")
    for wrong in ("", "32.16.09.9999", "3216092003", "32.1609", "32.16.0", "٣٢", "32.16.09.2003 ", "ab"):
        assert GAZETTEER.region(wrong) is None
        assert wrong not in GAZETTEER
    assert [area.name for area in GAZETTEER.path("32.16.09.2003")] == [
        "Jawa Barat",
        "Kabupaten Bekasi",
        "Cikarang Utara",
        "Karangasih",
    ]
    assert GAZETTEER.path("99") == []


@pytest.mark.parametrize("code", ["11", "32.16", "32.16.09", "32.16.09.2003", "96.71.10.1005"])
def test_code_numbers_sort_and_come_back(code: str) -> None:
    assert code_of(number_of(code)) == code


def test_villages_of_one_name_are_told_apart_by_their_parent() -> None:
    assert GAZETTEER.villages_named("KARANG ASIH", "32.16.09") == ("32.16.09.2003",)
    assert len(GAZETTEER.villages_named("Sukamaju", "32")) > 20
    assert GAZETTEER.regencies_named("Bekasi") == ("32.16", "32.75")


def test_search_finds_prefixes_larger_areas_first() -> None:
    names = [region.name for region in GAZETTEER.search("cikarang")]
    assert names[:5] == [
        "Cikarang Barat",
        "Cikarang Pusat",
        "Cikarang Selatan",
        "Cikarang Timur",
        "Cikarang Utara",
    ]
    inside = GAZETTEER.search("kar", level=Level.VILLAGE, within="32.16.09")
    assert [region.name for region in inside] == ["Karangasih", "Karangbaru", "Karangraharja"]
    assert len(GAZETTEER.search("s", limit=7)) == 7
    assert [region.code for region in GAZETTEER.search("", within="32.16", limit=2)] == [
        "32.16.01",
        "32.16.02",
    ]
    assert GAZETTEER.search("zzzz") == []


def test_postcodes_are_looked_up_both_ways() -> None:
    assert "32.16.09.2003" in GAZETTEER.villages_of_postcode("17534")
    assert GAZETTEER.villages_of_postcode("00000") == ()
    assert GAZETTEER.is_postcode("17534")
    assert not GAZETTEER.is_postcode("1753")
    assert not GAZETTEER.is_postcode("٠١٢٣٤")
    assert "17534" in GAZETTEER.postcodes_of_district("32.16.09")


def test_the_nearest_village_comes_first_with_its_distance() -> None:
    region = GAZETTEER.region("32.16.09.2003")
    assert region is not None
    found = GAZETTEER.nearest(region.lat, region.lon, limit=3)
    assert (found[0][0].code, found[0][1]) == ("32.16.09.2003", 0.0)
    assert [distance for _, distance in found] == sorted(distance for _, distance in found)
    assert GAZETTEER.nearest(52.0, 5.0) == []


def test_operators_rows_lie_on_top_and_leave_the_shipped_gazetteer_alone() -> None:
    mine = GAZETTEER.with_overrides(
        postcodes={"32.16.09.2003": "17599", "99.99": "1"},
        aliases=[RegionAlias("32.16.09.2003", "Pilar"), RegionAlias("99.99", "Nowhere")],
    )
    assert mine.postcode("32.16.09.2003") == "17599"
    assert "32.16.09.2003" in mine.villages_of_postcode("17599")
    assert mine.is_postcode("17599")
    assert mine.index("32.16.09", Level.VILLAGE).former["pilar"] == ("32.16.09.2003",)
    assert mine.version.startswith(GAZETTEER.version + "+")
    assert GAZETTEER.postcode("32.16.09.2003") == "17534"
    assert "pilar" not in GAZETTEER.index("32.16.09", Level.VILLAGE).former
    assert GAZETTEER.with_overrides() is GAZETTEER


def test_writings_of_a_name_share_a_key() -> None:
    for one, other in (
        ("Sei Dadap I/II", "Sungai Dadap 1-2"),
        ("Dua-puluh-enam Ilir", "26 ILIR"),
        ("Karang Asih", "karangasih"),
        ("Pa' Amai", "Pa’ Amai"),
        ("Lima Puluh Kota", "50 Kota"),
    ):
        assert name_key(one, Level.VILLAGE) == name_key(other, Level.VILLAGE)
    assert name_key("Sei Dadap I II", Level.VILLAGE) != name_key("Sei Dadap III", Level.VILLAGE)
    assert name_key("Kota Administrasi Jakarta Selatan", Level.REGENCY) == "jakartaselatan"


def test_distances_are_in_kilometres() -> None:
    assert distance_km(-6.2, 106.8, -6.2, 106.8) == 0
    assert distance_km(-6.0, 106.0, -7.0, 106.0) == pytest.approx(111.2, abs=0.1)
