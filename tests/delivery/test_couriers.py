"""Pos Indonesia's words: the whole table, the remarks, and the rules that other teams learnt the hard way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.couriers import COURIERS, Meaning, as_kept, folded
from delivery.couriers.pos import ACTIONS, REASONS, RECEIVERS, STATUSES, TABLE_VERSION, is_relation, meaning
from delivery.status import Action, Reason, Receiver, Status

S = Status


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        (S.ANNOUNCED, "PAID|PENDING|CREATE"),
        (S.POSTED, "PICKED|POSTING LOKET|PENERIMAAN DI LOKET"),
        (
            S.IN_TRANSIT,
            "INLOCATION|BAGGING|inBag|UNBAGGING|unBag|INVEHICLE|MISROUTE|PURI KIRIM|PURI TERIMA|MANIFEST SERAH"
            "|BERANGKAT KE KANTOR PENERUSAN|BERANGKAT KE KANTOR TUJUAN|MANIFEST TERIMA|DITERUSKAN KE HUB|TIBA DI HUB",
        ),
        (S.AT_DELIVERY_OFFICE, "TIBA DI KANTOR ANTARAN"),
        (S.OUT_FOR_DELIVERY, "DELIVERYRUNSHEET|RUNSHEET|ON PROCESS|ONPROCESS|PROSES ANTAR|ANTARAN"),
        (S.ATTEMPT_FAILED, "FAILEDTODELIVERED|FAILEDTOBEDELIVERED|ANTAR ULANG|ANTAR GAGAL|GAGAL ANTAR"),
        (S.HELD_FOR_PICKUP, "DIAMBIL DI KANTOR POS"),
        (S.DELIVERED, "DELIVERED|SELESAI ANTAR"),
        (S.RETURNING, "RETURN|RTS|statusRetur|KEMBALI KE PENGIRIM|RETUR|KEMSIP"),
        (S.RETURNED_TO_SENDER, "DELIVERED (RETURN DELIVERY)|DELIVERED - RETURN DELIVERY|DITERIMA PENGIRIM"),
        (S.EXCEPTION, "IRREGULARITY"),
        (S.CANCELLED, "CANCEL|CANCELED"),
    ],
)
def test_each_text_of_the_three_generations_has_its_status(status: Status, texts: str) -> None:
    for text in texts.split("|"):
        for written in (text, f"  {text.lower()} ", text.replace(" ", "   ")):
            found = meaning(written)
            assert found is not None, written
            assert found.status is status, written


@pytest.mark.parametrize(
    ("remark", "receiver"),
    [
        ("DITERIMA YANG BERSANGKUTAN", Receiver.HOLDER),
        ("Diri Sendiri", Receiver.HOLDER),
        ("ORANG SERUMAH", Receiver.HOUSEHOLD),
        ("DITERIMA OLEH KELUARGA", Receiver.FAMILY),
        ("SATPAM / SECURITY", Receiver.SECURITY),
        ("REKAN KERJA", Receiver.COLLEAGUE),
        ("PEGAWAI", Receiver.COLLEAGUE),
        ("SEKRETARIS / RESEPSIONIS", Receiver.RECEPTION),
    ],
)
def test_a_remark_says_who_received_it(remark: str, receiver: Receiver) -> None:
    assert meaning("DELIVERED", remark) == Meaning(S.DELIVERED, receiver=receiver)
    assert meaning("SELESAI ANTAR", remark) == Meaning(S.DELIVERED, receiver=receiver)


@pytest.mark.parametrize(
    ("remark", "reason"),
    [
        ("RUMAH KOSONG", Reason.ABSENT),
        ("MENOLAK", Reason.REFUSED),
        ("DITOLAK", Reason.REFUSED),
        ("ALAMAT TIDAK DITEMUKAN", Reason.ADDRESS_NOT_FOUND),
        ("ALAMAT KURANG JELAS", Reason.ADDRESS_INCOMPLETE),
        ("ALAMAT TIDAK LENGKAP", Reason.ADDRESS_INCOMPLETE),
        ("PINDAH ALAMAT", Reason.MOVED),
        ("TIDAK DIKENAL", Reason.UNKNOWN_AT_ADDRESS),
        ("MENINGGAL", Reason.DECEASED),
        ("NO HP TIDAK BISA DIHUBUNGI", Reason.PHONE_UNREACHABLE),
        ("GAGAL SERAH TERIMA", Reason.MISSED_DELIVERY),
    ],
)
def test_a_filled_reason_means_a_problem_even_when_the_status_does_not_say_so(
    remark: str, reason: Reason
) -> None:
    for status in ("ON PROCESS", "INLOCATION", "DELIVERED", "SELESAI ANTAR", "PROSES ANTAR", "ANTAR GAGAL"):
        assert meaning(status, remark) == Meaning(S.ATTEMPT_FAILED, reason), status
    assert meaning("RETUR", remark) == Meaning(S.RETURNING, reason, Action.RETURNED_TO_SENDER)


@pytest.mark.parametrize(
    ("status", "remark"),
    [
        ("DELIVERED (RETURN DELIVERY)", "DITERIMA YANG BERSANGKUTAN"),
        ("DELIVERED", "RETURN DELIVERY"),
        ("DELIVERED", "RETUR"),
        ("DELIVERED", "PENGIRIM (MITRA)"),
        ("SELESAI ANTAR", "DITERIMA PENGIRIM"),
        ("RETUR", "DITERIMA PENGIRIM"),
        ("SELESAI ANTAR (RETUR)", ""),
    ],
)
def test_a_return_is_tested_before_a_delivery(status: str, remark: str) -> None:
    found = meaning(status, remark)
    assert found is not None
    assert (found.status, found.receiver) == (S.RETURNED_TO_SENDER, Receiver.SENDER)


@pytest.mark.parametrize(
    ("status", "remark"),
    [
        ("DELIVERD", ""), ("", ""), ("SUDAH SAMPAI", ""), ("DELIVERED", "DITITIP TETANGGA SEBELAH"),
        ("DELIVERED", "TIDAK DITERIMA YANG BERSANGKUTAN"), ("DELIVERED", "BATAL RETUR"), ("NOT DELIVERED", ""),
        ("ON PROCESS", "DITERIMA YANG BERSANGKUTAN"), ("DELIVERED", "DIAMBIL DI KANTOR POS"),
    ],
)  # fmt: skip
def test_an_unknown_text_has_no_meaning_and_is_never_guessed(status: str, remark: str) -> None:
    assert meaning(status, remark) is None


def test_inlocation_means_arrived_only_at_the_destination() -> None:
    for text in ("INLOCATION", "MANIFEST TERIMA"):
        assert meaning(text, "", at_destination=True) == Meaning(S.AT_DELIVERY_OFFICE)
        assert meaning(text, "", at_destination=False) == Meaning(S.IN_TRANSIT)
    assert meaning("BAGGING", "", at_destination=True) == Meaning(S.IN_TRANSIT)


def test_selesai_antar_whose_description_says_antar_ulang_is_a_failed_attempt() -> None:
    expected = Meaning(S.ATTEMPT_FAILED, action=Action.ANOTHER_ATTEMPT)
    assert meaning("SELESAI ANTAR", "Antar Ulang") == expected
    assert meaning("SELESAI ANTAR (ANTAR ULANG)") == expected
    assert meaning("ON PROCESS", "RUMAH KOSONG, ANTAR ULANG") == Meaning(
        S.ATTEMPT_FAILED, Reason.ABSENT, Action.ANOTHER_ATTEMPT
    )


def test_held_for_pickup_may_stand_in_the_remark() -> None:
    assert meaning("INLOCATION", "DIAMBIL DI KANTOR POS") == Meaning(
        S.HELD_FOR_PICKUP, action=Action.HELD_FOR_PICKUP
    )


def test_received_by_a_counter_at_hand_in_is_not_delivery() -> None:
    assert meaning("RECEIVED BY COUNTER BEKASI") == Meaning(S.POSTED)
    assert meaning("DITERIMA OLEH AGEN TAMBUN") == Meaning(S.POSTED)


def test_empty_marks_are_no_remark() -> None:
    for empty in ("-", " . ", "N/A", "0"):
        assert meaning("DELIVERED", empty) == Meaning(S.DELIVERED)


def test_only_relations_are_kept_of_who_received_it() -> None:
    assert is_relation("ORANG SERUMAH")
    assert is_relation("SATPAM / SECURITY")
    assert is_relation("PENGIRIM (MITRA)")
    assert not is_relation("BUDI")
    assert not is_relation("BUDI / KELUARGA")
    assert not is_relation("")


def test_the_tables_are_written_as_they_are_compared() -> None:
    for table in (STATUSES, REASONS, RECEIVERS, ACTIONS):
        for text in table:
            assert folded(text) == text
    assert (COURIERS["POS"].TABLE_VERSION, len(TABLE_VERSION) <= 8) == (TABLE_VERSION, True)


@given(st.text(max_size=200) | st.text("Aß .:;,-/\ufdfa\u1fd7", min_size=100, max_size=200))
@example("A" * 119 + " B")
@example("N/A" + " ." * 60 + "A")
def test_a_text_that_is_kept_stays_as_it_is(text: str) -> None:
    kept = as_kept(text)
    assert len(kept) <= 120
    assert (as_kept(kept), folded(kept)) == (kept, kept)
