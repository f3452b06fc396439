"""Write the post's daily status files for the items that it was handed, from a seed."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from delivery.courier_files.fates import SampleItem
from delivery.courier_files.samples import SampleFile, write_sample_files
from offices.models import Office
from shipments.models import Item, ShipmentState

# Of 130,402 items handed over in Kabupaten Bekasi in 2020, 2,801 came back.
CAME_BACK = 2_801 / 130_402


class Command(BaseCommand):
    help = "Write sample courier status files, day by day, for the items that an office has handed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", required=True, help="code of the registry office")
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--output", required=True, help="folder for the workbooks")
        parser.add_argument(
            "--from", dest="from_date", default=None, help="day of the first file, YYYY-MM-DD"
        )
        parser.add_argument("--days", type=int, default=14)
        parser.add_argument("--undeliverable", type=int, default=None, help="how many items come back")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(f"There is no office with the code {options['office']}.")
        items = sample_items(office)
        if not items:
            raise CommandError(f"Office {office.code} has handed no item to the post.")
        undeliverable = options["undeliverable"]
        if undeliverable is None:
            undeliverable = round(len(items) * CAME_BACK)
        if not 0 <= undeliverable <= len(items):
            raise CommandError(f"--undeliverable lies between 0 and the {len(items)} items handed over.")
        first_day = _first_day(options["from_date"], items, options["days"])
        output = Path(options["output"])
        output.mkdir(parents=True, exist_ok=True)
        files = list(
            write_sample_files(
                items=items, seed=options["seed"], output=output, first_day=first_day,
                days=options["days"], undeliverable=undeliverable,
            )
        )  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps(_told(files, items=len(items), undeliverable=undeliverable)))
        elif options["verbosity"]:
            rows = sum(file.rows for file in files)
            self.stdout.write(
                f"{len(files)} files, {rows} rows for {len(items)} items, of which {undeliverable} come back: {output}"
            )


def sample_items(office: Office) -> list[SampleItem]:
    """Give the items that the office has handed over and that are still in the mail, in the order of their keys."""
    zone = ZoneInfo(office.time_zone)
    handed_over = [ShipmentState.HANDED_OVER, ShipmentState.RECEIVED]
    rows = (
        Item.objects.filter(live=True, shipment__office=office, shipment__state__in=handed_over)
        .order_by("pk")
        .values_list(
            "number", "card__reference", "shipment__post_office__code", "shipment__post_office__name",
            "shipment__handover__handed_over_at", "shipment__opened_at",
        )
    )  # fmt: skip
    return [
        SampleItem(
            number or "", reference, code, name, (given or opened).astimezone(zone).replace(tzinfo=None)
        )
        for number, reference, code, name, given, opened in rows.iterator(chunk_size=5_000)
    ]


def _first_day(given: str | date | None, items: list[SampleItem], days: int) -> date:
    handed_over = max(item.handed_over_at for item in items).date()
    if given is None:
        return handed_over
    try:
        first_day = given if isinstance(given, date) else date.fromisoformat(given)
    except ValueError as error:
        raise CommandError("Write --from as YYYY-MM-DD.") from error
    if (handed_over - first_day).days + 1 >= days:
        raise CommandError(
            f"The last shipment was handed over on {handed_over}: begin later with --from or write more --days."
        )
    return first_day


def _told(files: list[SampleFile], *, items: int, undeliverable: int) -> dict[str, Any]:
    return {
        "items": items,
        "undeliverable": undeliverable,
        "rows": sum(file.rows for file in files),
        "files": [
            {"path": str(f.path), "office": f.office_code, "day": f.day.isoformat(), "rows": f.rows}
            for f in files
        ],
    }
