"""What online geocoders share among all workers, in the database: answers given before, and whose turn it is."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from addresses.geocoding import CachedAnswer, PointAnswer
from addresses.models import GeocodeCache, GeocoderTurn

QUERY_CHARACTERS = 200


class DatabaseAnswers:
    """Keeps geocoders' answers in GeocodeCache (geocoding.AnswerCache)."""

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock

    def get(self, *, provider: str, query: str) -> CachedAnswer | None:
        """The answer given before, or None when this was never asked."""
        row = GeocodeCache.objects.filter(provider=provider, query=query[:QUERY_CHARACTERS]).first()
        if row is None:
            return None
        if row.latitude is None or row.longitude is None:
            return CachedAnswer(None)
        return CachedAnswer(PointAnswer(row.latitude, row.longitude, row.label, provider))

    def put(self, *, provider: str, query: str, answer: CachedAnswer) -> None:
        """Keep an answer, no match included; of two workers that asked at once the later one stands."""
        point = answer.point
        GeocodeCache.objects.update_or_create(
            provider=provider,
            query=query[:QUERY_CHARACTERS],
            defaults={
                "latitude": point.lat if point else None,
                "longitude": point.lon if point else None,
                "label": point.label[:200] if point else "",
                "fetched_at": self._clock(),
            },
        )


class DatabaseTurns:
    """Gives turns out of GeocoderTurn, one after the other for all workers (geocoding.RateLimiter)."""

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock

    def reserve(self, *, provider: str, per_second: float) -> float:
        """Take the next turn, and say in how many seconds it comes."""
        now = self._clock()
        with transaction.atomic():
            GeocoderTurn.objects.bulk_create(
                [GeocoderTurn(provider=provider, next_at=now)], ignore_conflicts=True
            )
            turn = GeocoderTurn.objects.select_for_update().get(provider=provider)
            mine = max(now, turn.next_at)
            turn.next_at = mine + timedelta(seconds=1 / per_second)
            turn.save(update_fields=["next_at"])
        return (mine - now).total_seconds()
