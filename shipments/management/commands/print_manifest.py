"""manage.py print_manifest SHIPMENT --format pdf --output FILE: the dispatch list of a closed shipment."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext

from shipments.labelling import MANIFEST_WRITERS, print_manifest
from shipments.management.papers import shipment_numbered, written_to


class Command(BaseCommand):
    help = "Print the dispatch list (daftar pengantar) of a closed shipment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shipment", help="the shipment's number")
        parser.add_argument("--format", required=True, choices=list(MANIFEST_WRITERS))
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        shipment = shipment_numbered(options["shipment"])
        with written_to(options["output"]) as output:
            items = print_manifest(
                shipment_id=shipment.pk,
                format=options["format"],
                output=output,
                actor_id=None,
                at=timezone.now(),
            )
        self.stdout.write(gettext("%(count)s items: %(path)s") % {"count": items, "path": options["output"]})
