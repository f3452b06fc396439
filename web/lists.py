"""What every list does: filter, sort, page, export."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, TypeVar, cast

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest

from spreadsheets.cells import Cell
from spreadsheets.writing import Column, write_csv, write_xlsx

PER_PAGE = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list and the column that it is sorted by."""

    page: Page[Any]
    sort: str


def listing(
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    sorts: Mapping[str, str],
    default: str,
    per_page: int = PER_PAGE,
) -> Listing:
    """Sort by `?sort=` (a key of `sorts`, `-` turns it round; anything else is the default) and cut `?page=` out."""
    asked = request.GET.get("sort", default)
    if asked.removeprefix("-") not in sorts:
        asked = default
    sign = "-" if asked.startswith("-") else ""
    ordered = rows.order_by(f"{sign}{sorts[asked.removeprefix('-')]}", f"{sign}pk")
    return Listing(page=page_of(request, ordered, per_page=per_page), sort=asked)


def page_of(request: HttpRequest, rows: Any, *, per_page: int = PER_PAGE) -> Page[Any]:
    """Cut `?page=` out of rows that are in order already; a wrong number gives the nearest page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def csv_answer(*, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> FileResponse:
    """Send rows as a CSV file."""
    file = temporary_file()
    write_csv(file, columns=columns, rows=rows)
    return file_answer(file, name=f"{name}.csv", content_type="text/csv; charset=utf-8")


def xlsx_answer(*, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> FileResponse:
    """Send rows as a workbook."""
    file = temporary_file()
    write_xlsx(file, sheet=name, columns=columns, rows=rows)
    return file_answer(
        file,
        name=f"{name}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def file_answer(file: IO[bytes], *, name: str, content_type: str, inline: bool = False) -> FileResponse:
    """Send an open file from its beginning; nobody on the way keeps a copy."""
    file.seek(0)
    answer = FileResponse(file, as_attachment=not inline, filename=name, content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def temporary_file() -> BinaryIO:
    """A file on the disk that is gone when it is closed."""
    return cast(BinaryIO, tempfile.TemporaryFile())
