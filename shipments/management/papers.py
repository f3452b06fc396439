"""What the commands that write a shipment's papers have in common."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from django.core.management.base import CommandError
from django.utils.translation import gettext

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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        text = gettext("%(path)s cannot be written: %(reason)s")
        raise CommandError(text % {"path": path, "reason": error.strerror}, returncode=REFUSED) from error
    try:
        with os.fdopen(handle, "wb") as output:
            yield cast(BinaryIO, output)
        Path(name).replace(path)
    except ShipmentRefused as refused:
        raise CommandError(gettext(MESSAGES[refused.code]) % refused.params, returncode=REFUSED) from refused
    finally:
        Path(name).unlink(missing_ok=True)
