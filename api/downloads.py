"""Hand out files: made into a temporary file on disk, sent from there, kept by nobody."""

import tempfile
from collections.abc import Callable
from typing import IO, BinaryIO, cast

from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zpl": "application/zpl",
}
IN_MEMORY_BYTES = 1024 * 1024


def made_file(write: Callable[[BinaryIO], object], *, name: str, extension: str) -> FileResponse:
    """Let `write` make the file, then send it. A refusal while it is made is answered as a problem."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))  # noqa: SIM115 - closed when sent
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return _answer(file, name=f"{name}.{extension}", media_type=MEDIA_TYPES[extension])


def stored_file(file: FieldFile) -> FileResponse:
    """Send a stored file. Raises NotFound where there is none (yet)."""
    if not file:
        raise NotFound(_("There is no file here (yet). Look at the state first."))
    name = (file.name or "").rpartition("/")[2]
    extension = name.rpartition(".")[2].lower()
    return _answer(
        cast(BinaryIO, file.open("rb")),
        name=name,
        media_type=MEDIA_TYPES.get(extension, "application/octet-stream"),
    )


def opened_file(file: IO[bytes], *, name: str, extension: str) -> FileResponse:
    """Send a file that is open already."""
    return _answer(cast(BinaryIO, file), name=name, media_type=MEDIA_TYPES[extension])


def _answer(file: BinaryIO, *, name: str, media_type: str) -> FileResponse:
    return FileResponse(
        file,
        as_attachment=True,
        filename=name,
        content_type=media_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
