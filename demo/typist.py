"""Write an address the way people type it: mostly well, sometimes badly, and now and then hopelessly."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from addresses.gazetteer import Gazetteer, Region
from addresses.outcome import AddressInput
from demo.bekasi import OLD_NAMES

_STREETS = (
    "Raya", "Merdeka", "Pahlawan", "Melati", "Mawar", "Kenanga", "Anggrek", "Cempaka", "Flamboyan", "Rajawali",
    "Merpati", "Kutilang", "Diponegoro", "Sudirman", "Imam Bonjol", "Teuku Umar", "Sultan Hasanudin", "Pemuda",
    "Kampus", "Pasar", "Stasiun", "Masjid", "Swadaya", "Bhakti", "Gotong Royong",
)  # fmt: skip
_ESTATES = ("Griya Asri", "Permata Hijau", "Bumi Lestari", "Taman Wijaya", "Graha Sentosa", "Villa Kencana")
_KAMPUNGS = (
    "Rawa Bening",
    "Pulo Gede",
    "Bojong Tua",
    "Cabang Dua",
    "Kobak Rante",
    "Gabus Pulo",
    "Tegal Danas",
)
_LANDMARKS = ("samping masjid", "depan warung", "dekat balai RW", "seberang lapangan", "belakang sekolah")


def roman(number: int) -> str:
    """Give a small number in roman numerals, as some people write an RW."""
    numerals = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text = ""
    for value, sign in numerals:
        while number >= value:
            text += sign
            number -= value
    return text


def rt_rw(random: Random, rt: int, rw: int) -> str:
    """Write RT and RW in one of the ways that are seen."""
    return random.choice(
        (f"{rt:03}/{rw:03}", f"{rt:02}/{rw:02}", f"RT {rt:02}/{rw:02}", f"RT.{rt:03} RW.{rw:03}",
         f"RT/RW {rt:03}/{rw:03}", f"RT {rt} RW {roman(rw)}", f"{rt} / {rw}")
    )  # fmt: skip


def street(random: Random) -> str:
    """Write a street, an estate or a kampung, with or without a number."""
    kind = random.random()
    if kind < 0.45:
        text = f"{random.choice(('Jl.', 'Jln', 'Jalan', 'JL', 'Jl'))} {random.choice(_STREETS)}"
        text += (
            f" {random.choice(('No.', 'No', 'Nomor', 'no.'))} {random.randint(1, 180)}"
            if random.random() < 0.8
            else ""
        )
    elif kind < 0.75:
        block = f"{random.choice('ABCDEFGH')}{random.randint(1, 24)}"
        text = f"{random.choice(('Perum', 'Perumahan', 'Komp.'))} {random.choice(_ESTATES)} "
        text += (
            f"{random.choice(('Blok', 'Blk'))} {block} {random.choice(('No.', 'No'))} {random.randint(1, 40)}"
        )
    else:
        text = f"{random.choice(('Kp.', 'Kp', 'Kampung', 'KP.'))} {random.choice(_KAMPUNGS)}"
        text += f" {random.choice(_LANDMARKS)}" if random.random() < 0.25 else ""
    return text.upper() if random.random() < 0.2 else text


def typing_error(random: Random, name: str) -> str:
    """Leave out, double or swap one letter inside a name."""
    if len(name) < 5:
        return name
    at = random.randint(1, len(name) - 3)
    return random.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        )
    )


class Typist:
    """Types addresses of one regency."""

    def __init__(self, *, random: Random, gazetteer: Gazetteer, regency_code: str) -> None:
        self._random = random
        self._gazetteer = gazetteer
        regency = gazetteer.region(regency_code)
        if regency is None:
            raise LookupError(regency_code)
        self._regency = regency
        self._district_of = {
            village.code: district
            for district in gazetteer.children(regency_code)
            for village in gazetteer.children(district.code)
        }
        self._district_names = {district.name for district in self._district_of.values()}
        self.villages: Sequence[Region] = [
            village
            for district in gazetteer.children(regency_code)
            for village in gazetteer.children(district.code)
        ]

    def well(self, village: Region, *, rt: int, rw: int) -> AddressInput:
        """Type everything right, in one of several right ways."""
        random = self._random
        district = self._district_of[village.code].name
        named = random.choice(
            (village.name, village.name.upper(), f"Desa {village.name}", f"DS. {village.name}")
        )
        if village.code.split(".")[-1].startswith("1"):
            named = random.choice((village.name, village.name.upper(), f"Kel. {village.name}"))
        return AddressInput(
            alamat=street(random),
            rt_rw=rt_rw(random, rt, rw),
            desa_kelurahan=named,
            kecamatan=random.choice((district, district.upper(), f"Kec. {district}")),
            kabupaten=random.choice(("Kab. Bekasi", "KABUPATEN BEKASI", "Bekasi", "Kab Bekasi")),
            provinsi=random.choice(("Jawa Barat", "JAWA BARAT", "Prov. Jawa Barat", "Jabar")),
            kode_pos=village.postcode,
        )

    def as_people_do(self, village: Region, *, rt: int, rw: int) -> AddressInput:
        """Type it with the usual faults: postcode wrong or missing, typing errors, old names, a contradiction."""
        typed = self.well(village, rt=rt, rw=rw)
        chance = self._random.random()
        for share, fault in _FAULTS:
            if chance < share:
                return fault(self, village, typed)
            chance -= share
        return typed

    def hopelessly(self) -> AddressInput:
        """Type what nobody at a desk can put right: no village, one that does not exist, or two at once."""
        random = self._random
        village = random.choice(self.villages)
        typed = self.well(village, rt=random.randint(1, 12), rw=random.randint(1, 20))
        kind = random.randrange(3)
        if kind == 0:
            return replace(typed, desa_kelurahan="", alamat=random.choice(_LANDMARKS), kode_pos="")
        if kind == 1:
            return replace(
                typed,
                desa_kelurahan=random.choice(("Kampung Baru Barat", "Pondok Indah Raya", "Blok Timur")),
                kode_pos="",
            )
        other = random.choice(self._elsewhere(village))
        kind_of_other = "Kel." if other.code.split(".")[-1].startswith("1") else "Desa"
        other_district = self._district_of[other.code].name
        return replace(typed, alamat=f"{typed.alamat} {kind_of_other} {other.name} Kec. {other_district}")

    def _elsewhere(self, village: Region) -> Sequence[Region]:
        """Give villages of other districts whose name is no district's: naming one of them is a contradiction."""
        here = village.code.rpartition(".")[0]
        return [
            v for v in self.villages if not v.code.startswith(here) and v.name not in self._district_names
        ]

    def _old_name(self, village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, desa_kelurahan=OLD_NAMES.get(village.code, typed.desa_kelurahan))

    def _mistyped(self, _village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, desa_kelurahan=typing_error(self._random, typed.desa_kelurahan))

    def _mistyped_district(self, _village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, kecamatan=typing_error(self._random, typed.kecamatan))

    def _no_postcode(self, _village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, kode_pos="")

    def _other_postcode(self, _village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, kode_pos=self._random.choice(self.villages).postcode)

    def _other_district(self, village: Region, typed: AddressInput) -> AddressInput:
        others = [
            d for d in self._gazetteer.children(self._regency.code) if d != self._district_of[village.code]
        ]
        return replace(typed, kecamatan=self._random.choice(others).name)

    def _contradicted(self, village: Region, typed: AddressInput) -> AddressInput:
        other = self._random.choice([v for v in self.villages if v.code != village.code])
        return replace(typed, alamat=f"{typed.alamat} Desa {other.name}")

    def _city_instead(self, _village: Region, typed: AddressInput) -> AddressInput:
        return replace(typed, kabupaten="Kota Bekasi")


Fault = Callable[[Typist, Region, AddressInput], AddressInput]
_FAULTS: Sequence[tuple[float, Fault]] = (
    (0.22, Typist._no_postcode),
    (0.14, Typist._other_postcode),
    (0.05, Typist._mistyped),
    (0.02, Typist._mistyped_district),
    (0.02, Typist._old_name),
    (0.005, Typist._other_district),
    (0.005, Typist._contradicted),
    (0.002, Typist._city_instead),
)
