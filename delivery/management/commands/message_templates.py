"""manage.py message_templates: write the texts that WhatsApp wants registered, as its API takes them."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from delivery.messages.gateways import template_name
from delivery.messages.occasions import ANSWERS, Occasion
from delivery.messages.texts import LANGUAGES, Facts, parameters_of, template_of
from delivery.papers import INSTEAD_OF_OLD_CARD, OLD_CARD

EXAMPLE = Facts(
    name="Warga Contoh",
    office="Disdukcapil Kabupaten Contoh",
    number="RR473124829ID",
    reference="K387420489J",
    link="https://ktp.example.go.id/t/K387420489J.contoh",
    pin="7H4K9M",
    counter="Kecamatan Contoh",
    address="Jl. Contoh 1",
    hours="Senin–Jumat 08.00–15.00",
    papers=((OLD_CARD, INSTEAD_OF_OLD_CARD),),
)


class Command(BaseCommand):
    help = "Write one JSON document per template to register with WhatsApp; docs/messages.md says how."

    def handle(self, *args: Any, **options: Any) -> None:
        for occasion in Occasion:
            for language in LANGUAGES if occasion not in ANSWERS else ():
                self.stdout.write(json.dumps(_template(occasion, language), ensure_ascii=False))


def _template(occasion: Occasion, language: str) -> dict[str, Any]:
    example = parameters_of(occasion=occasion, language=language, facts=EXAMPLE)
    return {
        "name": template_name(occasion),
        "language": language,
        "category": "UTILITY",
        "components": [
            {
                "type": "BODY",
                "text": template_of(occasion=occasion, language=language),
                "example": {"body_text": [list(example)]},
            }
        ],
    }
