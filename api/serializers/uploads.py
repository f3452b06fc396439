"""The shape of an upload."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from api.problems import TooLarge
from api.serializers.shapes import Shape


class UploadRequest(Shape):
    """A workbook (.xlsx, .xls, .ods) or a text file (.csv), as multipart/form-data."""

    file = serializers.FileField(max_length=200)

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise TooLarge(limit_bytes=settings.UPLOAD_MAX_BYTES)
        return file
