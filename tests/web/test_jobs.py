"""The pages of long work: a try that failed, the next one at once, and how long it took."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from jobs.models import Job, JobState
from offices.models import Office

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]


@pytest.fixture
def waiting(registry: Office, printing_user: User) -> Job:
    """A job of the printing user that has failed once."""
    now = timezone.now()
    return Job.objects.create(
        kind="cards.import", office=registry, owner=printing_user, created_at=now, started_at=now, attempts=1,
        error="DISK_FULL", not_before=now + timedelta(minutes=1), sent_at=now + timedelta(minutes=1),
    )  # fmt: skip


@pytest.fixture
def sign_in() -> As:
    def signed_in(user: User) -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        client.force_login(user)
        return client

    return signed_in


def test_a_job_that_failed_says_why_and_when_it_is_tried_again_and_is_tried_at_once(
    waiting: Job, sign_in: As, printing_user: User
) -> None:
    client = sign_in(printing_user)
    page = client.get(reverse("web:job", args=[waiting.pk])).content.decode()
    assert "It will be tried again by itself at" in page
    assert "The last try failed: the disk of the server is full" in page
    assert "It ended with an error" not in page
    retry = reverse("web:job-retry", args=[waiting.pk])
    assert retry in page
    assert client.get(retry).status_code == 405
    answer: Any = client.post(retry, follow=True)
    assert "The job is tried again now." in answer.content.decode()
    assert retry not in answer.content.decode()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.not_before) == (JobState.QUEUED, None)
    assert "The job does not wait for another try." in client.post(retry, follow=True).content.decode()


def test_what_others_started_is_tried_at_once_by_a_supervisor_only(
    waiting: Job, sign_in: As, supervisor: User, registry: Office, make_user: Callable[..., User]
) -> None:
    retry = reverse("web:job-retry", args=[waiting.pk])
    colleague = sign_in(make_user(role=Role.PRINTING, office=registry))
    assert retry not in colleague.get(reverse("web:job", args=[waiting.pk])).content.decode()
    assert colleague.post(retry).status_code == 403
    waiting.refresh_from_db()
    assert waiting.not_before is not None
    assert sign_in(supervisor).post(retry).status_code == 302
    waiting.refresh_from_db()
    assert waiting.not_before is None


@pytest.mark.parametrize(("seconds", "shown"), [(7, "7 s"), (187, "3 min 7 s"), (3_840, "1 h 4 min")])
def test_the_list_and_the_page_tell_how_long_a_job_took(
    waiting: Job, sign_in: As, printing_user: User, seconds: int, shown: str
) -> None:
    Job.objects.filter(pk=waiting.pk).update(
        state=JobState.SUCCEEDED, not_before=None, finished_at=waiting.created_at + timedelta(seconds=seconds)
    )
    client = sign_in(printing_user)
    for page in (reverse("web:jobs"), reverse("web:job", args=[waiting.pk])):
        assert f">{shown}<" in client.get(page).content.decode()
