"""What becomes of sample items in the mail, from a seed: which are delivered, which come back, and their scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

# Together the files of a full-scale sample stay below this; where scans are too many, the post skips some.
ROWS_IN_ALL = 520_000
DAYS_IN_A_FILE = 3
FAILED_FIRST = 0.06
LATE_SHARE = 0.02
LONGEST_DELAY = 2


@dataclass(frozen=True, slots=True)
class SampleItem:
    """An item that the post holds: its number, our reference, where it is to be delivered, and since when."""

    number: str
    reference: str
    office_code: str
    office_name: str
    handed_over_at: datetime  # local time, without a zone, as the post writes it


@dataclass(frozen=True, slots=True)
class Scan:
    """One row that the post writes: when it happened, on which day's file it is first told, and the texts."""

    item: SampleItem
    at: datetime
    told_on: int  # day, counted from the first file
    status: str
    remark: str
    place: str


# In each pair: the words of the API and NIPOS, and those of older files.
_SEEN = (
    ("INVEHICLE", "MANIFEST SERAH"),
    ("BAGGING", "PURI KIRIM"),
    ("unBag", "PURI TERIMA"),
    ("INLOCATION", "TIBA DI HUB"),
)
_ARRIVED = ("INLOCATION", "TIBA DI KANTOR ANTARAN")
_OUT = ("DELIVERYRUNSHEET", "PROSES ANTAR")
_FAILED = ("ON PROCESS", "ANTAR GAGAL", "FAILEDTODELIVERED", "GAGAL ANTAR")
_DELIVERED = ("DELIVERED", "SELESAI ANTAR")
_RETURNING = ("RETURN", "RETUR", "KEMSIP", "KEMBALI KE PENGIRIM")
_RETURNED = ("DELIVERED (RETURN DELIVERY)", "DITERIMA PENGIRIM", "DELIVERED - RETURN DELIVERY")
_TAKEN_BY = (
    "DITERIMA YANG BERSANGKUTAN", "ORANG SERUMAH", "DITERIMA YANG BERSANGKUTAN", "KELUARGA", "Orang Serumah",
    "SATPAM / SECURITY", "DIRI SENDIRI", "",
)  # fmt: skip
_NOBODY_HOME = ("RUMAH KOSONG", "NO HP TIDAK BISA DIHUBUNGI", "Rumah Kosong")
_NEVER = (
    "MENINGGAL", "PINDAH ALAMAT", "ALAMAT KURANG JELAS", "PINDAH ALAMAT", "ALAMAT TIDAK LENGKAP",
    "ALAMAT TIDAK DITEMUKAN", "TIDAK DIKENAL", "PINDAH ALAMAT",
)  # fmt: skip


class Fates:
    """Draws the scans of every item. The same seed and items give the same scans."""

    def __init__(
        self, *, items: Sequence[SampleItem], seed: int, first_day: date, days: int, undeliverable: int
    ) -> None:
        self.items = items
        self.first_day = first_day
        self.days = days
        self._random = Random(seed)  # noqa: S311 - a sample, no secret
        self._lost = frozenset(self._random.sample(range(len(items)), undeliverable))
        # An item has a last scan that must be told, and about three that the post may skip.
        room = ROWS_IN_ALL / (DAYS_IN_A_FILE * max(len(items), 1)) - 1.15
        self._keeps_scan = min(1.0, max(0.02, room / 3.2))

    def scans(self) -> list[Scan]:
        """Give the scans of all items, item by item."""
        found: list[Scan] = []
        for index, item in enumerate(self.items):
            self._item = item
            self._generation = self._random.randrange(2)
            found += self._came_back() if index in self._lost else self._was_delivered()
        return found

    def _was_delivered(self) -> list[Scan]:
        random = self._random
        first, last = self._span()
        end = random.randint(first, last)
        scans = self._way_to_delivery_office(first, end)
        if end > first and random.random() < FAILED_FIRST * self._keeps_scan:
            tried = random.randint(first, end - 1)
            scans.append(self._scan(tried, 13, random.choice(_FAILED), random.choice(_NOBODY_HOME)))
        if random.random() < self._keeps_scan:
            scans.append(self._scan(end, 8, _OUT[self._generation]))
        taken_by = random.choice(_TAKEN_BY)
        scans.append(self._scan(end, random.randint(9, 16), _DELIVERED[self._generation], taken_by))
        return scans

    def _came_back(self) -> list[Scan]:
        random = self._random
        first, last = self._span()
        end = random.randint((first + last + 1) // 2, last)
        reason = random.choice(_NEVER)
        tried = max(first, end - 3)
        scans = self._way_to_delivery_office(first, tried)
        scans.append(self._scan(tried, 9, random.choice(_FAILED), reason))
        scans.append(self._scan(max(tried, end - 1), 14, random.choice(_RETURNING), reason))
        if random.random() < 0.8:
            scans.append(self._scan(end, 16, random.choice(_RETURNED)))
        return scans

    def _way_to_delivery_office(self, first: int, end: int) -> list[Scan]:
        random = self._random
        scans = []
        for hour in (4, 5):
            if random.random() < self._keeps_scan / 2:
                text = random.choice(_SEEN)[self._generation]
                scans.append(self._scan(first, hour, text, place="SPP BEKASI 17000"))
        if random.random() < self._keeps_scan:
            scans.append(self._scan(random.randint(first, end), 6, _ARRIVED[self._generation]))
        return scans

    def _span(self) -> tuple[int, int]:
        """Give the first and last day, counted from the first file's, on which this item can be scanned."""
        handed_over = (self._item.handed_over_at.date() - self.first_day).days
        return max(0, handed_over + 1), self.days - 1

    def _scan(self, day: int, hour: int, status: str, remark: str = "", *, place: str = "") -> Scan:
        random = self._random
        minute = random.randrange(60)
        at = datetime.combine(self.first_day + timedelta(days=day), time(hour, minute))
        late = random.randint(1, LONGEST_DELAY) if random.random() < LATE_SHARE else 0
        return Scan(
            item=self._item,
            at=at,
            told_on=min(day + late, self.days - 1),
            status=status,
            remark=remark,
            place=place or f"{self._item.office_name} {self._item.office_code}".upper(),
        )
