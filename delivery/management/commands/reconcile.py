"""manage.py reconcile: every printed card in exactly one bucket, and the buckets add up to what was printed."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from rich.console import Console
from rich.table import Table

from delivery.ledger import Gap, Reconciliation, reconcile
from offices.models import Office

DOES_NOT_HOLD = 1
GAPS_SHOWN = 20

BUCKET_NAMES: Mapping[str, str] = {
    "damaged": _("damaged"),
    "printed_twice": _("printed twice"),
    "withdrawn": _("withdrawn"),
    "void": _("void"),
    "destroyed": _("destroyed"),
    "address_review": _("held for address review"),
    "on_hold": _("on hold for an area"),
    "awaiting_channel": _("not by post"),
    "backlog": _("waiting to be posted"),
    "in_open_shipment": _("in an open shipment"),
    "in_closed_shipment": _("in a closed shipment"),
    "with_post": _("with the post"),
    "handover_difference": _("difference at handover"),
    "delivered": _("delivered"),
    "coming_back": _("coming back"),
    "returned": _("returned to us"),
    "in_transfer": _("on the way to a counter"),
    "at_counter": _("at a counter"),
    "collected": _("collected"),
    "at_village": _("with a village officer"),
    "given_by_village": _("given by a village officer"),
}
FUNNEL_NAMES: Mapping[str, str] = {
    "printed": _("printed"),
    "damaged": _("damaged"),
    "printed_twice": _("printed twice"),
    "withdrawn": _("withdrawn"),
    "held_for_address_review": _("held for address review"),
    "handed_over": _("handed over to the post"),
    "delivered": _("delivered"),
    "not_delivered": _("not delivered"),
}


class Command(BaseCommand):
    help = "Count every card in one bucket; exit 1 when the buckets do not add up to the cards printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", metavar="CODE", help="one registry office; all when left out")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        office_id = None
        if options["office"]:
            office = Office.objects.filter(code=options["office"]).first()
            if office is None:
                raise CommandError(gettext("There is no office %(office)s.") % {"office": options["office"]})
            office_id = office.pk
        found = reconcile(office_id=office_id)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found)))
        else:
            self._show(found)
        if not found.holds:
            sys.exit(DOES_NOT_HOLD)

    def _show(self, found: Reconciliation) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        console.print(_table(gettext("How the cards went"), FUNNEL_NAMES, found.funnel, found.printed))
        buckets = _table(gettext("Where every card is"), BUCKET_NAMES, found.buckets, found.printed)
        buckets.add_section()
        buckets.add_row(gettext("sum"), _number(sum(found.buckets.values())), "")
        buckets.add_row(gettext("printed"), _number(found.printed), "")
        console.print(buckets)
        if found.holds:
            console.print(gettext("The sum holds: every card is in exactly one bucket."))
            return
        console.print(
            gettext("The sum does not hold: %(number)s cards.") % {"number": _number(found.gap_count)}
        )
        for gap in found.gaps[:GAPS_SHOWN]:
            console.print(f"  {gap.reference}  {_claimed(gap)}")


def as_json(found: Reconciliation) -> dict[str, Any]:
    """Give the sum as plain values."""
    return {
        "printed": found.printed,
        "buckets": dict(found.buckets),
        "gaps": [{"reference": gap.reference, "buckets": list(gap.buckets)} for gap in found.gaps],
        "funnel": dict(found.funnel),
    }


def _table(title: str, names: Mapping[str, str], counts: Mapping[str, int], printed: int) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column(gettext("cards"), justify="right")
    table.add_column("%", justify="right")
    for key, count in counts.items():
        share = f"{100 * count / printed:.2f}".replace(".", ",") if printed else ""
        table.add_row(gettext(names[key]), _number(count), share)
    return table


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _claimed(gap: Gap) -> str:
    if not gap.buckets:
        return gettext("in no bucket")
    return ", ".join(gettext(BUCKET_NAMES[name]) for name in gap.buckets)
