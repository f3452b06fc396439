"""Send a list as a spreadsheet whose cells hold codes: programs read these, not words."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes

from api.downloads import MEDIA_TYPES, made_file
from delivery.sheets import Sheet
from spreadsheets.writing import write_csv, write_xlsx

SHEET_FILE = {(200, MEDIA_TYPES[kind]): OpenApiTypes.BINARY for kind in ("xlsx", "csv")}


def code_of(_kind: str, code: str) -> str:
    """Give the code itself."""
    return code


def sheet_file(sheet: Sheet, kind: str) -> FileResponse:
    """Send a list as XLSX or CSV."""
    if kind == "csv":
        return made_file(
            lambda file: write_csv(file, columns=sheet.columns, rows=sheet.rows),
            name=sheet.name,
            extension=kind,
        )
    return made_file(
        lambda file: write_xlsx(file, sheet=sheet.name, columns=sheet.columns, rows=sheet.rows),
        name=sheet.name,
        extension=kind,
    )
