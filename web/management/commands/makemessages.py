"""Collect texts to translate, the sentences of refusals among them, which stand in rooms that know no gettext."""

from pathlib import Path

from django.core.management.commands import makemessages

from addresses.refusals import MESSAGES as ADDRESSES
from delivery.refusals import MESSAGES as DELIVERY
from offices.refusals import MESSAGES as OFFICES
from shipments.intake import MESSAGES as INTAKE
from shipments.refusals import MESSAGES as SHIPMENTS
from spreadsheets.faults import MESSAGES as SHEETS

TABLES = (SHEETS, INTAKE, ADDRESSES, SHIPMENTS, DELIVERY, OFFICES)


class Command(makemessages.Command):
    """Django's own command, with our tables added to what it finds."""

    def build_potfiles(self) -> list[str]:
        """Write one source file with the sentences for gettext to read, and take it away again."""
        listed = Path("refusal_sentences.py")
        sentences = sorted({str(sentence) for table in TABLES for sentence in table.values()})
        listed.write_text("".join(f"gettext({sentence!r})\n" for sentence in sentences), encoding="utf-8")
        try:
            potfiles: list[str] = super().build_potfiles()
        finally:
            listed.unlink()
        return potfiles
