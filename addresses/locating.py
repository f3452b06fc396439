"""Let the operator's own geocoder refine villages' points: asked ahead by a command, used at every check.

Asking takes a network and its patience, so it is never part of a check: `ask_villages` fills the table of answers,
and `refined` applies what was answered before. Off unless `GEOCODER_KIND` is set.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from addresses.gazetteer import Gazetteer
from addresses.geocode_store import QUERY_CHARACTERS, DatabaseAnswers, DatabaseTurns
from addresses.geocoding import GeocoderConfig, PointAnswer, RegionQuery, apply_answer, build_geocoder
from addresses.models import GeocodeCache
from addresses.outcome import AddressCheck, Status

LEVEL_OF_VILLAGES = 13  # characters of a village's code


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a round of asking found: points near the village's own, points far from it, and no match."""

    refined: int
    conflicts: int
    unmatched: int


def configured() -> GeocoderConfig:
    """Read the operator's settings; an empty kind means that nobody is asked."""
    return GeocoderConfig(
        kind=settings.GEOCODER_KIND,
        url=settings.GEOCODER_URL,
        allowed_hosts=frozenset(settings.GEOCODER_ALLOWED_HOSTS),
        api_key=settings.GEOCODER_API_KEY,
        per_second=settings.GEOCODER_PER_SECOND,
    )


def ask_villages(
    *,
    gazetteer: Gazetteer,
    codes: Sequence[str],
    check: Callable[[str], AddressCheck],
    on_progress: Callable[[int, int], None] | None = None,
) -> Asked:
    """Ask for the point of each village, once; answers are kept.

    `check` gives a check of the village itself, to say what its answer would do. Raises GeocoderMisconfigured, and
    GeocoderUnavailable at the first question that gets no answer; what was answered before it is kept.
    """
    geocoder = build_geocoder(configured(), gazetteer, cache=DatabaseAnswers(), limiter=DatabaseTurns())
    refined = conflicts = unmatched = 0
    for done, code in enumerate(codes, 1):
        answer = geocoder.locate(RegionQuery.of(gazetteer, code))
        if answer is None:
            unmatched += 1
        elif apply_answer(gazetteer, check(code), answer).components[0].status is Status.CONFLICT:
            conflicts += 1
        else:
            refined += 1
        if on_progress is not None:
            on_progress(done, len(codes))
    return Asked(refined=refined, conflicts=conflicts, unmatched=unmatched)


def refined(gazetteer: Gazetteer, checks: Sequence[AddressCheck]) -> list[AddressCheck]:
    """Apply the answers that were given before; without a geocoder the checks are as they were."""
    if not settings.GEOCODER_KIND:
        return list(checks)
    answers = _kept(gazetteer, {check.village_code for check in checks if check.village_code in gazetteer})
    return [apply_answer(gazetteer, check, answers.get(check.village_code)) for check in checks]


def _kept(gazetteer: Gazetteer, codes: Iterable[str]) -> dict[str, PointAnswer]:
    queries = {RegionQuery.of(gazetteer, code).text[:QUERY_CHARACTERS]: code for code in codes}
    provider = settings.GEOCODER_KIND
    rows = GeocodeCache.objects.filter(
        provider=provider, query__in=list(queries), latitude__isnull=False, longitude__isnull=False
    ).values_list("query", "latitude", "longitude", "label")
    return {
        queries[query]: PointAnswer(latitude, longitude, label, provider)
        for query, latitude, longitude, label in rows
        if latitude is not None and longitude is not None
    }
