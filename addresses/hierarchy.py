"""Go down the areas: regency, district, village; and say by which rule the village was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from addresses.gazetteer import Gazetteer, city_or_regency, is_city
from addresses.matching import NOT_FOUND, Found, find, find_exactly
from addresses.names import FILLER_WORDS, key_of, plain, without_level_word
from addresses.outcome import Level, Rule, Status

MAX_ALTERNATIVES: Final = 5
_SUGGESTED: Final = 60
_CACHE_SIZE: Final = 20_000

CONFIDENCE: Final = {
    Rule.EXACT: 0.9995,
    Rule.ALIAS: 0.998,
    Rule.ABBREVIATION: 0.99,
    Rule.FUZZY_IN_DISTRICT: 0.995,
    Rule.MOVED: 0.97,
    Rule.TEXT_MARKED: 0.99,
    Rule.TEXT_AGREED: 0.995,
    Rule.ONLY_IN_REGENCY: 0.95,
    Rule.OTHER_DISTRICT: 0.89,
    Rule.TEXT_NAMED: 0.9,
    Rule.TEXT_STREET: 0.8,
    Rule.DISTRICT_ONLY: 0.5,
    Rule.REGENCY_ONLY: 0.2,
    Rule.PROVINCE_ONLY: 0.05,
    Rule.NOTHING: 0.0,
}
"""How often the village was right, by rule; measured with bench/addresses.py and rounded down."""
_DOUBTFUL: Final = frozenset((Rule.FUZZY_IN_DISTRICT, Rule.ABBREVIATION))
_IN_DISTRICT: Final = frozenset((Rule.EXACT, Rule.ALIAS, Rule.ABBREVIATION, Rule.FUZZY_IN_DISTRICT))


@dataclass(frozen=True, slots=True)
class RegionMatch:
    """The deepest area found, how each level was read, and what else it could be.

    `sure`: the three levels agree with what was typed, so that nobody needs to look at them.
    """

    code: str
    level: Level
    rule: Rule
    sure: bool
    village: Found
    district: Found
    regency: Found
    swapped: bool = False
    inferred_regency: bool = False
    alternatives: tuple[tuple[str, int], ...] = ()

    @property
    def sure_below(self) -> bool:
        """The village was found in its district, and both without doubt."""
        return (
            self.rule in _IN_DISTRICT and self.district.sure and self.village.sure and not self.alternatives
        )


NO_REGION: Final = RegionMatch("", Level.NONE, Rule.NOTHING, False, NOT_FOUND, NOT_FOUND, NOT_FOUND)


def _rank(match: RegionMatch) -> tuple[bool, float, bool, int]:
    return match.sure, CONFIDENCE[match.rule], not match.swapped, match.district.score + match.village.score


class Hierarchy:
    """Matches the four region fields against one gazetteer; answers of repeated texts come from memory."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._regencies: dict[tuple[str, str], tuple[Found, bool]] = {}
        self._districts: dict[tuple[str, str], Found] = {}

    def match(self, village: str, district: str, regency: str, province: str) -> RegionMatch:
        """The village (or the deepest area) that the four fields mean together."""
        found, swapped = self.regency(regency, province)
        if not found.codes:
            return self._without_regency(village, district, province)
        if len(found.codes) == 1:
            match = self._inside(found.codes[0], village, district, found, swapped)
            if match.sure or (match.rule in _IN_DISTRICT and match.district.status is not Status.CORRECTED):
                return match
            return self._in_twin(found.codes[0], village, district, found) or match
        tries = [self._inside(code, village, district, found, swapped) for code in found.codes]
        best = max(tries, key=_rank)
        if not self._tied(best, tries) and best.district.sure and len(best.code) >= 8:
            return self._told_by_district(best, tries)
        if self._tied(best, tries):
            return self._ambiguous(tries, found)
        return best

    # --- the levels ---------------------------------------------------------------------------------------

    def province(self, text: str) -> str:
        """The code of a province, or ""."""
        if not plain(text):
            return ""
        found = find(self.gazetteer.index("", Level.PROVINCE), text, "province")
        return found.codes[0] if found.sure else ""

    def regency(self, text: str, province: str) -> tuple[Found, bool]:
        """(the kabupaten or kota that a text means, whether kota and kabupaten were swapped)."""
        key = text, province
        if key not in self._regencies:
            if len(self._regencies) >= _CACHE_SIZE:
                self._regencies.clear()
            self._regencies[key] = self._find_regency(text, self.province(province))
        return self._regencies[key]

    def _find_regency(self, text: str, province: str) -> tuple[Found, bool]:
        words = plain(text).split()
        bare = " ".join(word for word in words if word not in FILLER_WORDS)
        if not bare:
            return NOT_FOUND, False
        index = self.gazetteer.index("", Level.REGENCY)
        whole = index.today.get(key_of(bare))
        if whole:  # "Kota Baru" is the kabupaten Kotabaru, not a kota called Baru
            found, city = Found(whole, Status.CONFIRMED, 100, sure=len(whole) == 1), None
        else:
            found, city = find(index, bare, "regency"), city_or_regency(bare)
        codes = found.codes
        if province:
            inside = tuple(code for code in codes if code.startswith(province))
            if found.status is Status.CORRECTED and not inside:
                return NOT_FOUND, False  # a mistyped name that only another province has is no reading of it
            codes = inside or codes
        same_kind = tuple(code for code in codes if city is None or is_city(code) == city)
        swapped = bool(codes) and not same_kind
        codes = same_kind or codes
        status = Status.CORRECTED if swapped else found.status
        return replace(found, codes=codes, status=status, sure=len(codes) == 1), swapped

    def district(self, text: str, regency: str) -> Found:
        """The kecamatan of a regency that a text means."""
        key = text, regency
        found = self._districts.get(key)
        if found is None:
            if len(self._districts) >= _CACHE_SIZE:
                self._districts.clear()
            index = self.gazetteer.index(regency, Level.DISTRICT)
            found = self._districts[key] = find(index, text, "district") if plain(text) else NOT_FOUND
        return found

    # --- all levels together ------------------------------------------------------------------------------

    @staticmethod
    def _tied(best: RegionMatch, tries: list[RegionMatch]) -> bool:
        return sum(_rank(match) == _rank(best) for match in tries) > 1

    @staticmethod
    def _told_by_district(best: RegionMatch, tries: list[RegionMatch]) -> RegionMatch:
        """ "Bekasi" without kota or kabupaten: sure when only one of the two has such a district."""
        alone = sum(bool(match.district.codes) for match in tries) == 1
        status = best.regency.status
        regency = Found((best.code[:5],), status, best.regency.score, sure=alone)
        return replace(best, regency=regency, sure=alone and best.sure_below)

    def _ambiguous(self, tries: list[RegionMatch], found: Found) -> RegionMatch:
        """Kota and kabupaten of one name fit equally well: nobody can tell which was meant."""
        options = tuple((match.code, match.village.score or match.district.score or 50) for match in tries)
        province = tries[0].code[:2] if len({match.code[:2] for match in tries}) == 1 else ""
        return RegionMatch(
            province,
            Level.PROVINCE if province else Level.NONE,
            Rule.PROVINCE_ONLY if province else Rule.NOTHING,
            False,
            NOT_FOUND,
            NOT_FOUND,
            replace(found, sure=False),
            alternatives=options[:MAX_ALTERNATIVES],
        )

    def _in_twin(self, code: str, village: str, district: str, found: Found) -> RegionMatch | None:
        """The kota of the kabupaten's name, or the other way round, when both names are there."""
        name = self.gazetteer.name(code).partition(" ")[2]
        for other in self.gazetteer.regencies_named(name):
            if other != code:
                match = self._inside(other, village, district, replace(found, status=Status.CORRECTED), True)
                if match.rule in {Rule.EXACT, Rule.ALIAS}:
                    return replace(match, sure=False)
        return None

    def _inside(self, regency: str, village: str, district: str, found: Found, swapped: bool) -> RegionMatch:
        """The best match below one regency."""
        kecamatan = self.district(district, regency)
        if not plain(village):
            return self._district_only(regency, kecamatan, found, swapped, (), NOT_FOUND)
        near = self._in_districts(regency, village, kecamatan, district, found)
        if near is not None and near.rule in _DOUBTFUL:
            near = self._doubted(near, village)
        if near is not None and near.level is Level.VILLAGE:
            if near.sure and near.district.sure and found.sure and not swapped and not _all_guessed(near):
                return near
            sure = near.sure and near.district.sure and found.sure and not _all_guessed(near)
            return replace(near, swapped=swapped, sure=sure)
        wide = self._in_regency(regency, village, kecamatan, bool(plain(district)))
        if wide is not None:
            return replace(wide, regency=found, swapped=swapped)
        unclear = near.village if near is not None else NOT_FOUND
        alternatives = (
            (near.alternatives if near is not None else ())
            or self._same_pair_elsewhere(regency, village, district)
            or self._suggestions(regency, village, kecamatan)
        )
        return self._district_only(regency, kecamatan, found, swapped, alternatives, unclear)

    def _doubted(self, near: RegionMatch, village: str) -> RegionMatch:
        """What looks mistyped here is another village's right name elsewhere in the regency: a person decides."""
        index = self.gazetteer.index(near.code[:5], Level.VILLAGE)
        others = find_exactly(index, village, "village").codes or self.gazetteer.moved_from(
            near.code[:8], key_of(village)
        )
        if not others:
            return near
        return replace(near, sure=False, alternatives=tuple((code, 85) for code in others)[:MAX_ALTERNATIVES])

    def _in_districts(
        self, regency: str, village: str, found: Found, typed: str, parent: Found
    ) -> RegionMatch | None:
        """The village inside the district that was typed, or inside those it could mean."""
        if found.sure:
            return self._in_district(found.codes[0], village, found, parent)
        options = found.codes or self._similar_districts(regency, typed)
        matches = [self._in_district(code, village, found, parent) for code in options]
        exact = [match for match in matches if match.rule in {Rule.EXACT, Rule.ALIAS}]
        if len(exact) == 1:
            # Two names that point at each other: the village tells which of the similar districts was meant.
            district = Found(
                (exact[0].code[:8],), Status.CORRECTED, found.score or 70, sure=bool(found.codes)
            )
            return replace(exact[0], district=district)
        sure = [match for match in matches if match.sure]
        if not exact and len(sure) == 1:
            district = Found((sure[0].code[:8],), Status.CORRECTED, found.score or 60, sure=False)
            return replace(sure[0], district=district)
        return None

    def _similar_districts(self, regency: str, typed: str) -> tuple[str, ...]:
        key = key_of(typed)
        if len(key) < 4:
            return ()
        index = self.gazetteer.index(regency, Level.DISTRICT)
        limit = max(2, len(key) // 2)
        hits = process.extract(key, index.keys, scorer=OSA.distance, score_cutoff=limit, limit=3)
        return tuple(dict.fromkeys(index.codes[position] for _, _, position in hits))

    def _in_district(self, district: str, village: str, kecamatan: Found, regency: Found) -> RegionMatch:
        found = find(self.gazetteer.index(district, Level.VILLAGE), village, "village")
        if found.sure:
            return RegionMatch(
                found.codes[0], Level.VILLAGE, _rule_of(found), True, found, kecamatan, regency
            )
        alternatives = found.others or tuple((code, found.score) for code in found.codes)
        return RegionMatch(
            district, Level.DISTRICT, Rule.DISTRICT_ONLY, False, found, kecamatan, regency,
            alternatives=alternatives[:MAX_ALTERNATIVES],
        )  # fmt: skip

    def _in_regency(self, regency: str, village: str, kecamatan: Found, typed: bool) -> RegionMatch | None:
        """The village in another district of the regency: moved there, or the only one of its name."""
        if kecamatan.sure:
            moved = self.gazetteer.moved_from(kecamatan.codes[0], key_of(village))
            if len(moved) == 1:
                found = Found(moved, Status.RELOCATED, 100, sure=True)
                return RegionMatch(moved[0], Level.VILLAGE, Rule.MOVED, False, found, kecamatan, NOT_FOUND)
        found = find_exactly(self.gazetteer.index(regency, Level.VILLAGE), village, "village")
        if found.sure:
            rule = Rule.OTHER_DISTRICT if typed else Rule.ONLY_IN_REGENCY
            return RegionMatch(found.codes[0], Level.VILLAGE, rule, False, found, kecamatan, NOT_FOUND)
        if found.codes:
            options = tuple((code, 100) for code in found.codes[:MAX_ALTERNATIVES])
            return self._above(regency, kecamatan, found, options)
        return None

    def _above(
        self, regency: str, kecamatan: Found, found: Found, options: tuple[tuple[str, int], ...]
    ) -> RegionMatch:
        """No village is certain: the district if there is one, else the regency."""
        if kecamatan.sure:
            return RegionMatch(
                kecamatan.codes[0], Level.DISTRICT, Rule.DISTRICT_ONLY, False, found, kecamatan, NOT_FOUND,
                alternatives=options,
            )  # fmt: skip
        return RegionMatch(
            regency,
            Level.REGENCY,
            Rule.REGENCY_ONLY,
            False,
            found,
            kecamatan,
            NOT_FOUND,
            alternatives=options,
        )

    def _district_only(
        self,
        regency: str,
        kecamatan: Found,
        found: Found,
        swapped: bool,
        alternatives: tuple[tuple[str, int], ...],
        unclear: Found,
    ) -> RegionMatch:
        districts = () if kecamatan.sure else tuple((code, kecamatan.score) for code in kecamatan.codes)
        match = self._above(regency, kecamatan, unclear, (alternatives or districts)[:MAX_ALTERNATIVES])
        return replace(match, regency=found, swapped=swapped)

    def _suggestions(self, regency: str, village: str, kecamatan: Found) -> tuple[tuple[str, int], ...]:
        """Names alike in the district, else in the regency: to choose from, never taken without a person."""
        parent = kecamatan.codes[0] if kecamatan.sure else regency
        index = self.gazetteer.index(parent, Level.VILLAGE)
        key = key_of(without_level_word(village, "village")[1] or village)
        if len(key) < 3:
            return ()
        hits = process.extract(key, index.keys, scorer=fuzz.ratio, score_cutoff=_SUGGESTED, limit=8)
        scored = {index.codes[position]: round(score) for _, score, position in hits}
        begun = (code for name, code in zip(index.keys, index.codes, strict=True) if name.startswith(key))
        for code in begun:
            scored.setdefault(code, _SUGGESTED)
        return tuple(scored.items())[:MAX_ALTERNATIVES]

    def _same_pair_elsewhere(self, regency: str, village: str, district: str) -> tuple[tuple[str, int], ...]:
        """District and village as typed, but in another regency of the province (once one with this)."""
        if not plain(district):
            return ()
        pairs = self._pairs(regency[:2], village, district)
        return tuple((match.code, 70) for match in pairs if match.rule in {Rule.EXACT, Rule.ALIAS})

    # --- without a regency --------------------------------------------------------------------------------

    def _without_regency(self, village: str, district: str, province: str) -> RegionMatch:
        """District and village together nearly always name one regency; a person confirms it."""
        parent = self.province(province)
        matches = list(self._pairs(parent, village, district)) if plain(district) else []
        exact = [match for match in matches if match.rule in {Rule.EXACT, Rule.ALIAS}]
        if len(exact) == 1:
            return replace(exact[0], sure=False, inferred_regency=True)
        options = exact or matches
        if not options and plain(village):
            found = find_exactly(self.gazetteer.index(parent, Level.VILLAGE), village, "village")
            codes: Iterable[str] = found.codes
        else:
            found = NOT_FOUND
            codes = (match.code for match in options)
        alternatives = tuple((code, 50) for code in list(codes)[:MAX_ALTERNATIVES])
        if not parent:
            return replace(NO_REGION, village=found, alternatives=alternatives)
        return RegionMatch(
            parent, Level.PROVINCE, Rule.PROVINCE_ONLY, False, found, NOT_FOUND, NOT_FOUND,
            alternatives=alternatives,
        )  # fmt: skip

    def _pairs(self, parent: str, village: str, district: str) -> Iterable[RegionMatch]:
        found = find_exactly(self.gazetteer.index(parent, Level.DISTRICT), district, "district")
        for code in found.codes:
            if plain(village):
                kecamatan = replace(found, codes=(code,), sure=True)
                regency = Found((code[:5],), Status.INFERRED, 100, sure=True)
                yield self._in_district(code, village, kecamatan, regency)
            else:
                yield RegionMatch(
                    code, Level.DISTRICT, Rule.DISTRICT_ONLY, False, NOT_FOUND, found, NOT_FOUND
                )


def _all_guessed(match: RegionMatch) -> bool:
    """Three mistyped names that fit one another are still three guesses."""
    return all(found.status is Status.CORRECTED for found in (match.village, match.district, match.regency))


def _rule_of(found: Found) -> Rule:
    if found.status is Status.CONFIRMED:
        return Rule.EXACT
    if found.status is Status.ALIASED:
        return Rule.ALIAS
    return Rule.ABBREVIATION if found.abbreviated else Rule.FUZZY_IN_DISTRICT
