"""manage.py geocode_villages REGION: ask the operator's own geocoder for the points of a region's villages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.progress import Progress

from addresses.gazetteer import Gazetteer, Region
from addresses.geocoding import GeocoderError
from addresses.locating import LEVEL_OF_VILLAGES, ask_villages, configured
from addresses.outcome import AddressCheck, AddressInput
from addresses.regions import current_gazetteer, current_resolver


class Command(BaseCommand):
    help = "Ask the operator's own geocoder for the points of a region's villages; answers are kept and used."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("region", help="code of a province, regency, district or village, such as 32.16")

    def handle(self, *args: Any, region: str, **options: Any) -> None:
        if not configured().kind:
            raise CommandError(
                _("No geocoder is set: set GEOCODER_KIND, GEOCODER_URL and GEOCODER_ALLOWED_HOSTS.")
            )
        gazetteer = current_gazetteer()
        codes = list(_villages(gazetteer, region))
        if not codes:
            raise CommandError(
                _("There is no region %(code)s. Write a code such as 32.16.") % {"code": region}
            )
        try:
            with Progress(disable=not self.stdout.isatty()) as progress:
                task = progress.add_task(region, total=len(codes))
                asked = ask_villages(
                    gazetteer=gazetteer,
                    codes=codes,
                    check=lambda code: _check_of(gazetteer, code),
                    on_progress=lambda done, _all: progress.update(task, completed=done),
                )
        except GeocoderError as error:
            raise CommandError(
                _("The geocoder %(provider)s gave no answer (%(detail)s). What it answered before is kept.")
                % {"provider": error.provider, "detail": error.detail}
            ) from error
        self.stdout.write(
            _(
                "Points refined: %(refined)s; far from the village, for a person: %(conflicts)s; unknown: %(unmatched)s"
            )
            % {"refined": asked.refined, "conflicts": asked.conflicts, "unmatched": asked.unmatched}
        )


def _villages(gazetteer: Gazetteer, code: str) -> list[str]:
    if code not in gazetteer:
        return []
    if len(code) == LEVEL_OF_VILLAGES:
        return [code]
    below: list[Region] = gazetteer.children(code)
    return [village for region in below for village in _villages(gazetteer, region.code)]


def _check_of(gazetteer: Gazetteer, code: str) -> AddressCheck:
    province, regency, district, village = (region.name for region in gazetteer.path(code))
    return current_resolver().check(
        AddressInput(
            rt_rw="001/001", desa_kelurahan=village, kecamatan=district, kabupaten=regency, provinsi=province
        )
    )
