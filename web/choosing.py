"""What was ticked in a list, and a list sent as a file: the same on every page that has them."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import FileResponse, Http404, HttpRequest

from delivery.sheets import Sheet
from web import words
from web.lists import csv_answer, xlsx_answer

_KEY = re.compile(r"[0-9]{1,18}")
_WRITERS: Mapping[str, Any] = {"csv": csv_answer, "xlsx": xlsx_answer}


def ticked(request: HttpRequest, name: str = "card") -> list[int]:
    """Give the keys that were ticked; what is no key is left out."""
    return [int(key) for key in request.POST.getlist(name) if _KEY.fullmatch(key)]


def known_kind(kind: str) -> str:
    """Give the kind of a file. Raises Http404 for one that is not written."""
    if kind not in _WRITERS:
        raise Http404
    return kind


def sheet_answer(sheet: Sheet, kind: str) -> FileResponse:
    """Send a list as CSV or XLSX."""
    answer: FileResponse = _WRITERS[kind](name=sheet.name, columns=sheet.columns, rows=sheet.rows)
    return answer


def word(kind: str, code: str) -> str:
    """Give the word of a code as plain text, for a sheet."""
    return str(words.word_of(kind, code).label)
