"""Fixtures of the pages' tests."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.web.serving import Serve, Served, database_beside

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def sign_in() -> SignIn:
    """Give a client whose user has signed in."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start the product; at the test's end nothing of it is left."""
    started: list[Served] = []

    def start() -> Served:
        started.append(Served(tmp_path, database_beside(tmp_path)))
        return started[-1]

    yield start
    for served in started:
        for number in served.processes():
            os.kill(number, signal.SIGKILL)
        served.process.wait()
