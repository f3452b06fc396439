"""manage.py replay_status FILE_ID… [--apply]: read applied status files anew by today's tables."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from delivery.courier_files.replaying import replay, start_replay
from delivery.models import CourierFile
from delivery.refusals import MESSAGES, DeliveryRefused
from jobs.services import JobCancelled, JobRefused, run_here
from offices.models import Office

_COUNTS = ("rows", "changed", "voided", "added")


class Command(BaseCommand):
    help = (
        "Say which rows of applied files mean something else by today's tables; with --apply, void and add."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=UUID, help="keys of files; without, all of --office")
        parser.add_argument("--office", metavar="CODE", help="all applied files of this office, oldest first")
        parser.add_argument("--apply", action="store_true", help="void and add events; without, only tell")

    def handle(self, *args: Any, **options: Any) -> None:
        files = options["files"] or self._files_of(options["office"])
        for file_id in files:
            try:
                report = self._applied(file_id) if options["apply"] else self._previewed(file_id)
            except CourierFile.DoesNotExist as error:
                raise CommandError(f"There is no file {file_id}.") from error
            except DeliveryRefused as refused:
                raise CommandError(gettext(MESSAGES[refused.code]) % refused.params) from refused
            except JobRefused as refused:
                raise CommandError(str(refused)) from refused
            except JobCancelled as stopped:
                raise CommandError(gettext("Somebody has stopped the work.")) from stopped
            counts = ", ".join(f"{name} {report[name]}" for name in _COUNTS)
            self.stdout.write(f"{file_id}: {counts}")
            for change in report["changes"]:
                said = " / ".join(filter(None, (change["status_text"], change["remark_text"])))
                before = f"{change['before'] or '?'} {change['before_reason']}".strip()
                after = f"{change['after'] or '?'} {change['after_reason']}".strip()
                self.stdout.write(f"  {change['rows']:>8}  {said}: {before} -> {after}")

    def _previewed(self, file_id: UUID) -> Mapping[str, Any]:
        return asdict(replay(courier_file_id=file_id, apply=False, actor_id=None, at=timezone.now()))

    def _applied(self, file_id: UUID) -> Mapping[str, Any]:
        """Read it anew under a job of its own: pages show it as running, and nothing is done beside it."""
        file = CourierFile.objects.get(pk=file_id)
        job = start_replay(courier_file=file, apply=True, actor_id=None, at=timezone.now(), here=True)
        told: Mapping[str, Any] = run_here(job.pk)["replayed"]
        return told

    def _files_of(self, code: str | None) -> list[UUID]:
        office = Office.objects.filter(code=code).first() if code else None
        if office is None:
            raise CommandError("Name files, or an office by its code.")
        applied = CourierFile.objects.filter(office=office, state=CourierFile.State.APPLIED)
        return list(applied.order_by("uploaded_at", "pk").values_list("pk", flat=True))
