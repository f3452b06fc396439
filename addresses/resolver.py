"""Decide for a typed address whether the post can deliver it, and to which village."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from addresses.answer import answer
from addresses.conflicts import text_conflicts
from addresses.freetext import read_line
from addresses.gazetteer import Gazetteer
from addresses.hierarchy import Hierarchy
from addresses.names import plain
from addresses.outcome import AddressCheck, AddressInput
from addresses.parsing import MAX_FIELD_LENGTH, cleaned, parse

__all__ = ["AddressCheck", "AddressInput", "Resolver"]


class Resolver:
    """Checks addresses against one gazetteer. Cheap to keep, safe to share between threads."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._hierarchy = Hierarchy(gazetteer)

    def check_many(self, addresses: Iterable[AddressInput]) -> Iterator[AddressCheck]:
        """One answer per address, in order."""
        for address in addresses:
            yield self.check(address)

    def check(self, address: AddressInput) -> AddressCheck:
        """Never raises for any text; the time is bounded because long texts are cut."""
        parsed = parse(address)
        village = cleaned(address.desa_kelurahan, MAX_FIELD_LENGTH)
        district = cleaned(address.kecamatan, MAX_FIELD_LENGTH)
        regency = cleaned(address.kabupaten, MAX_FIELD_LENGTH)
        province = cleaned(address.provinsi, MAX_FIELD_LENGTH)
        if plain(village):
            match = self._hierarchy.match(village, district, regency, province)
            conflicts = text_conflicts(self.gazetteer, match, parsed) if parsed.named else ()
        else:
            match = read_line(self._hierarchy, parsed, (district, regency, province))
            conflicts = ()
        return answer(self.gazetteer, address, parsed, match, conflicts)
