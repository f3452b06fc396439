"""Forget sheets of printed cards that nobody needs any more: they hold identity numbers in the clear."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from shipments.models import IntakeFile


def forget_intake_sheets(*, before: datetime) -> int:
    """Delete rejected rows' workbooks, and uploads whose job has ended, of sheets that came before a time; how many.

    What was registered stands sealed with the cards; rejected rows can be uploaded again from their source.
    """
    ended = Q(job__isnull=True) | Q(job__finished_at__isnull=False)
    found = IntakeFile.objects.filter(ended, ~Q(rejected="") | ~Q(file=""), uploaded_at__lt=before)
    return sum(_forget(intake) for intake in found.order_by("pk"))


def _forget(intake: IntakeFile) -> int:
    storage = intake.file.storage
    names = [name for name in (intake.rejected.name, intake.file.name) if name]
    with transaction.atomic():
        IntakeFile.objects.filter(pk=intake.pk).update(rejected="", file="")
        for name in names:
            transaction.on_commit(partial(storage.delete, name))
    return len(names)
