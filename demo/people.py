"""Synthetic people: invented names, identity numbers that belong to nobody, phones in an unused range."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_GIVEN = (
    "Adi", "Agus", "Ahmad", "Anisa", "Ari", "Asep", "Ayu", "Bagas", "Bambang", "Cahya", "Citra", "Dadang", "Dedi",
    "Desi", "Dewi", "Dian", "Eka", "Endang", "Euis", "Fajar", "Fitri", "Galih", "Gita", "Hadi", "Hana", "Hendra",
    "Ida", "Ika", "Imas", "Indah", "Iwan", "Jajang", "Joko", "Kartika", "Kurnia", "Lestari", "Lilis", "Made", "Maya",
    "Mega", "Nani", "Nengsih", "Novi", "Nur", "Oki", "Puji", "Putri", "Rani", "Ratna", "Reza", "Rika", "Rina", "Rudi",
    "Sari", "Siti", "Slamet", "Sri", "Surya", "Tati", "Teguh", "Titin", "Tono", "Ujang", "Wahyu", "Wati", "Wawan",
    "Yanti", "Yayan", "Yuni", "Zahra",
)  # fmt: skip
_FAMILY = (
    "Anggraini", "Apriyanto", "Cahyadi", "Firmansyah", "Gunawan", "Hamdani", "Handayani", "Haryanto", "Hasanah",
    "Hermawan", "Hidayat", "Irawan", "Iskandar", "Jaelani", "Kurniawan", "Kusuma", "Lesmana", "Mahendra", "Maulana",
    "Mulyani", "Munawaroh", "Nugraha", "Nurhayati", "Permana", "Permatasari", "Pranata", "Pratama", "Purnama",
    "Rahayu", "Rahmawati", "Ramdhani", "Rohmah", "Rosidah", "Saepudin", "Saputra", "Setiadi", "Setiawan", "Sobari",
    "Sopian", "Subagja", "Suhendar", "Sulastri", "Sumarna", "Supriadi", "Suryadi", "Susanti", "Suyanto", "Syarifudin",
    "Utami", "Wibowo", "Wijaya", "Wulandari", "Yulianti", "Zulkarnain",
)  # fmt: skip
_ADULT_DAYS = (17 * 365, 78 * 365)
_WITHOUT_PHONE = 0.3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    nik: str
    kk: str
    name: str
    phone: str


class People:
    """Draws people from a seeded generator; no identity number comes twice."""

    def __init__(self, *, random: Random, regency: str, districts: int, today: date) -> None:
        self._random = random
        self._regency = regency.replace(".", "")
        self._districts = districts
        self._today = today
        self._taken: set[str] = set()

    def draw(self) -> Person:
        """Give the next person."""
        random = self._random
        return Person(
            nik=self._nik(),
            kk=f"{self._place()}{self._day():%d%m%y}{random.randint(1, 9999):04}",
            name=" ".join([*random.sample(_GIVEN, random.choice((1, 1, 2))), random.choice(_FAMILY)]),
            phone="" if random.random() < _WITHOUT_PHONE else f"0810{random.randint(0, 99_999_999):08}",
        )

    def _place(self) -> str:
        return f"{self._regency}{self._random.randint(1, self._districts):02}"

    def _day(self) -> date:
        return self._today - timedelta(days=self._random.randint(*_ADULT_DAYS))

    def _nik(self) -> str:
        while True:
            born = self._day()
            day = born.day + (40 if self._random.random() < 0.5 else 0)  # women: day of birth + 40
            nik = f"{self._place()}{day:02}{born:%m%y}{self._random.randint(1, 60):04}"
            if nik not in self._taken:
                self._taken.add(nik)
                return nik
