"""manage.py import_postcodes FILE: take over the operator's postcodes of villages (kode desa, kode pos)."""

from typing import Any

from addresses.management.lists import ListCommand
from addresses.services import import_postcodes


class Command(ListCommand):
    help = "Take over postcodes of villages: columns kode desa and kode pos."

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        self.take_over(path, lambda: import_postcodes(path=path))
