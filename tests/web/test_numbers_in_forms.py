"""Keys in forms are written as they are: 2999, not 2.999 as numbers are shown to people."""

import re
from pathlib import Path

from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "web" / "templates" / "web"
# An attribute that a form sends back or a label points at, with a key in it that nothing keeps as it is.
KEY_AS_SHOWN = re.compile(r'\b(?:value|name|id|for)="[^"{]*\{\{ [a-z_.]*(?:\.pk|\.card_id|\.id|_id) \}\}')
FORM_FIELDS = ("auto_id",)


def test_no_form_sends_a_key_with_a_thousands_separator() -> None:
    found = [
        f"{path.relative_to(TEMPLATES)}: {match}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in KEY_AS_SHOWN.findall(path.read_text(encoding="utf-8"))
        if not any(name in match for name in FORM_FIELDS)
    ]
    assert found == []


def test_a_key_as_people_read_numbers_would_be_found() -> None:
    assert KEY_AS_SHOWN.search('<input name="result-{{ entry.card_id }}">')
    assert not KEY_AS_SHOWN.search('<input name="result-{{ entry.card_id|unlocalize }}">')
