"""Items of which the post has said nothing for a long time."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from delivery.models import Delivery
from delivery.status import WITH_THE_POST


def silent_since(*, at: datetime, days: int, office_id: int | None = None) -> QuerySet[Delivery]:
    """Give the deliveries whose last step with the post is older than `days` days."""
    with_post = Delivery.objects.filter(status__in=sorted(WITH_THE_POST), since__lt=at - timedelta(days=days))
    return with_post if office_id is None else with_post.filter(card__office_id=office_id)
