"""Check addresses, store them beside their check, and write the lines that stand on a label."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

from addresses.gazetteer import Gazetteer
from addresses.locating import refined
from addresses.models import Address, AddressReview
from addresses.names import plain
from addresses.outcome import AddressCheck, AddressInput, Part, Verdict
from addresses.regions import current_gazetteer, current_resolver
from jobs.bulk_rows import insert_rows, reserve_ids

TYPED_FIELDS: Final = (
    "alamat",
    "rt_rw",
    "dusun",
    "desa_kelurahan",
    "kecamatan",
    "kabupaten",
    "provinsi",
    "kode_pos",
)
TYPED_LIMITS: Final[Mapping[str, int]] = {
    field.name: field.max_length or 0 for field in Address._meta.concrete_fields if field.name in TYPED_FIELDS
}
CHECKED_FIELDS: Final = (
    "rt", "rw", "verdict", "next_action", "village_code", "match_level", "postcode", "confidence", "rule", "reasons",
    "alternatives", "latitude", "longitude", "radius_m", "point_source", "gazetteer", "group_key", "checked_at",
)  # fmt: skip
STORED_FIELDS: Final = ("office_id", *TYPED_FIELDS, *CHECKED_FIELDS)
REVIEWED: Final = "REVIEWED"  # the rule of an address whose village a person chose
NO_CORRECTIONS: Final[Mapping[str, str]] = MappingProxyType({})
_GROUP_KEY_CHARACTERS: Final = 210
_VILLAGE_WORDS: Final = frozenset(
    {"kel", "kelurahan", "desa", "ds", "kl", "nagari", "gampong", "kampung", "kp", "pekon"}
)
_DISTRICT_WORDS: Final = frozenset({"kec", "kecamatan", "distrik", "kapanewon", "kemantren"})


@dataclass(frozen=True, slots=True)
class StoredAddress:
    """An address that was checked and written."""

    id: int
    verdict: Verdict


def check_addresses(*, inputs: Sequence[AddressInput]) -> list[AddressCheck]:
    """One answer per address, in order; nothing is stored."""
    checks = list(current_resolver().check_many(inputs))
    return refined(current_gazetteer(), checks)


def build_addresses(*, office_id: int, inputs: Sequence[AddressInput], at: datetime) -> list[Address]:
    """Checked addresses that are not saved yet, in order. The typed fields must fit TYPED_LIMITS."""
    return [
        Address(**dict(zip(STORED_FIELDS, row, strict=True)))
        for row in _rows(office_id, inputs, check_addresses(inputs=inputs), at)
    ]


def store_addresses(*, office_id: int, inputs: Sequence[AddressInput], at: datetime) -> list[StoredAddress]:
    """Check and write many addresses, in order. Call it inside a transaction."""
    checks = check_addresses(inputs=inputs)
    ids = reserve_ids(model=Address, count=len(inputs))
    rows = ((key, *row) for key, row in zip(ids, _rows(office_id, inputs, checks, at), strict=True))
    insert_rows(model=Address, fields=("id", *STORED_FIELDS), rows=rows)
    return [StoredAddress(key, check.verdict) for key, check in zip(ids, checks, strict=True)]


def _rows(
    office_id: int, inputs: Iterable[AddressInput], checks: Iterable[AddressCheck], at: datetime
) -> Iterator[tuple[Any, ...]]:
    for typed, check in zip(inputs, checks, strict=True):
        yield (office_id, *(getattr(typed, name) for name in TYPED_FIELDS), *checked_values(typed, check, at))


def checked_values(typed: AddressInput, check: AddressCheck, at: datetime) -> tuple[Any, ...]:
    """What a check says, in the order of CHECKED_FIELDS."""
    point = check.geocode
    waiting = check.verdict is not Verdict.DELIVERABLE
    return (
        check.component(Part.RT).canonical,
        check.component(Part.RW).canonical,
        check.verdict.value,
        check.next_action.value,
        check.village_code,
        check.match_level.value,
        check.component(Part.POSTCODE).canonical if check.village_code else "",
        check.confidence,
        check.rule.value,
        " ".join(check.reasons),
        [asdict(alternative) for alternative in check.alternatives],
        point.lat if point else None,
        point.lon if point else None,
        point.radius_m if point else None,
        point.source if point else "",
        f"{check.gazetteer_version}/{check.resolver_version}",
        group_key(typed) if waiting else "",
        at,
    )


def group_key(typed: AddressInput) -> str:
    """Village and district as they were typed: what is alike is decided together."""
    key = f"{plain(typed.desa_kelurahan)} / {plain(typed.kecamatan)}"
    return key[:_GROUP_KEY_CHARACTERS]


def typed_input(address: Address, corrections: Mapping[str, str] | None = None) -> AddressInput:
    """The address as it was typed, with a person's corrections on top."""
    fields = {name: getattr(address, name) for name in TYPED_FIELDS}
    return AddressInput(**{**fields, **(corrections or {})})


def corrections_of(*, address_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """People's corrections of these addresses (at most some thousand), the newest of each field."""
    found: dict[int, dict[str, str]] = {}
    reviews = AddressReview.objects.filter(address_id__in=address_ids).exclude(corrections={})
    for address_id, corrections in reviews.order_by("decided_at", "pk").values_list(
        "address_id", "corrections"
    ):
        found.setdefault(address_id, {}).update(corrections)
    return found


class Printed(Protocol):
    """What the lines of a label need of an address; an Address has it."""

    @property
    def alamat(self) -> str: ...
    @property
    def rt_rw(self) -> str: ...
    @property
    def dusun(self) -> str: ...
    @property
    def desa_kelurahan(self) -> str: ...
    @property
    def kecamatan(self) -> str: ...
    @property
    def kabupaten(self) -> str: ...
    @property
    def rt(self) -> str: ...
    @property
    def rw(self) -> str: ...
    @property
    def village_code(self) -> str: ...
    @property
    def rule(self) -> str: ...


def printed_lines(
    address: Printed, corrections: Mapping[str, str] = NO_CORRECTIONS, *, gazetteer: Gazetteer | None = None
) -> tuple[str, ...]:
    """The address lines of a label in the order of UPU S42: street, RT/RW, Kel./Desa, Kec.

    The resident's own spelling stays; official names stand where nothing was typed or where a person chose
    another village than the typed one.
    """
    village, district = printed_region(address, corrections, gazetteer=gazetteer)
    street = corrections.get("alamat", address.alamat).strip()
    dusun = corrections.get("dusun", address.dusun).strip()
    if address.rt or address.rw:
        rt_rw = f"RT {address.rt or '000'} / RW {address.rw or '000'}"
    else:
        rt_rw = corrections.get("rt_rw", address.rt_rw).strip()
    kind = "Kel." if address.village_code[9:10] == "1" else "Desa"
    lines = (
        f"{street}, {dusun}" if street and dusun else street or dusun,
        rt_rw,
        _named(kind, village, _VILLAGE_WORDS),
        _named("Kec.", district, _DISTRICT_WORDS),
    )
    return tuple([line for line in lines if line])


def printed_region(
    address: Printed, corrections: Mapping[str, str] = NO_CORRECTIONS, *, gazetteer: Gazetteer | None = None
) -> tuple[str, str]:
    """Village and district as they stand on the label."""
    village = corrections.get("desa_kelurahan", address.desa_kelurahan).strip()
    district = corrections.get("kecamatan", address.kecamatan).strip()
    if village and district and address.rule != REVIEWED:
        return village, district
    known, code = gazetteer or current_gazetteer(), address.village_code
    if code in known:
        chosen = address.rule == REVIEWED
        return (
            known.name(code) if chosen or not village else village,
            known.name(code[:8]) if chosen or not district else district,
        )
    return village, district


def region_line(address: Printed, *, gazetteer: Gazetteer | None = None) -> str:
    """The regency in capitals, beside which the postcode stands: KABUPATEN BEKASI."""
    return _regency(address.village_code[:5], address.kabupaten, gazetteer or current_gazetteer())


@lru_cache(maxsize=1_024)
def _regency(code: str, typed: str, known: Gazetteer) -> str:
    return (known.name(code) if code in known else typed.strip()).upper()


@lru_cache(maxsize=8_192)
def _named(word: str, name: str, level_words: frozenset[str]) -> str:
    if not name:
        return ""
    first = plain(name).partition(" ")[0]
    return name if first in level_words else f"{word} {name}"
