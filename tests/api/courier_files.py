"""Upload a courier's file over the API and let a worker take it."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from jobs.services import run_job
from tests.delivery.mailing import Mailed

FILES = "/api/v1/courier-files/"


def sheet(*rows: str) -> SimpleUploadedFile:
    text = "\n".join(("No Kiriman;Status;Keterangan;Tanggal Update;Kantor", *rows))
    return SimpleUploadedFile("status.csv", text.encode(), content_type="text/csv")


def news(mailed: Mailed) -> SimpleUploadedFile:
    return sheet(
        f"{mailed.items[0].number};DELIVERED;ORANG SERUMAH;06/05/2020 10:15;Tambun",
        f"{mailed.items[1].number};TEKS ANEH;;06/05/2020 10:15;Tambun",
    )


def uploaded(client: APIClient, file: SimpleUploadedFile, **fields: object) -> tuple[str, dict[str, Any]]:
    answer = client.post(FILES, {"file": file, **fields}, format="multipart")
    assert answer.status_code == 202, answer.content
    return answer["Location"], answer.json()


def worked_on(client: APIClient, where: str) -> dict[str, Any]:
    run_job(UUID(client.get(where).json()["job"]))
    state: dict[str, Any] = client.get(where).json()
    return state
