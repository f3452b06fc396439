"""What the commands that write a shipment's papers have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError
from django.utils.translation import gettext

from shipments.files import written_whole
from shipments.models import Shipment
from shipments.refusals import MESSAGES, Code, ShipmentRefused

REFUSED = 2


def shipment_numbered(number: str) -> Shipment:
    """The shipment of that number, or a message that ends the command."""
    shipment = Shipment.objects.filter(number=number).first()
    if shipment is None:
        refused = ShipmentRefused(Code.SHIPMENT_UNKNOWN, shipment=number)
        raise CommandError(gettext(MESSAGES[refused.code]) % refused.params, returncode=REFUSED)
    return shipment


@contextmanager
def written_to(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when all of it is written; a refusal leaves nothing behind."""
    try:
        with written_whole(path) as output:
            yield output
    except OSError as error:
        text = gettext("%(path)s cannot be written: %(reason)s")
        raise CommandError(text % {"path": path, "reason": error.strerror}, returncode=REFUSED) from error
    except ShipmentRefused as refused:
        raise CommandError(gettext(MESSAGES[refused.code]) % refused.params, returncode=REFUSED) from refused
