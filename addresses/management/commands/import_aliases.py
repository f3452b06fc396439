"""manage.py import_aliases FILE: take over the operator's other names of regions (nama, kode wilayah, kode induk)."""

from typing import Any

from addresses.management.lists import ListCommand
from addresses.services import import_aliases


class Command(ListCommand):
    help = (
        "Take over other names of regions: columns nama, kode wilayah, and kode induk where the name is used."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        self.take_over(path, lambda: import_aliases(path=path, actor_id=None))
