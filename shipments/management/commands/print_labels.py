"""manage.py print_labels SHIPMENT --format a4-3x8 --output FILE: the labels of a shipment."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext

from labels.sheets import FORMATS
from shipments.labelling import print_shipment_labels
from shipments.management.papers import shipment_numbered, written_to

REASON = "manage.py print_labels"


class Command(BaseCommand):
    help = "Print the labels of a shipment in the order of its manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shipment", help="the shipment's number")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--start", type=int, default=1, help="the first free cell of the first sheet")
        parser.add_argument(
            "--offset", type=float, nargs=2, default=(0.0, 0.0), metavar=("RIGHT_MM", "DOWN_MM")
        )
        parser.add_argument("--reason", default=REASON, help="why they are printed again, for the record")
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        shipment = shipment_numbered(options["shipment"])
        with written_to(options["output"]) as output:
            labels = print_shipment_labels(
                shipment_id=shipment.pk,
                format=options["format"],
                output=output,
                start=options["start"],
                offset_mm=tuple(options["offset"]),
                actor_id=None,
                at=timezone.now(),
                reason=options["reason"],
            )
        self.stdout.write(
            gettext("%(count)s labels: %(path)s") % {"count": labels, "path": options["output"]}
        )
