"""Fixtures that every room's tests may use."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management.color import Style
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import override_settings
from hypothesis import settings as hypothesis_settings

from accounts.models import Role, User
from offices.models import Office
from tests import factories

# how long an example takes tells of the machine, not of the code
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

NOW = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)  # 09:00 WIB, a Monday


@pytest.fixture(scope="session", autouse=True)
def _flush_append_only_tables() -> Iterator[None]:
    """Let Django empty append-only tables between tests that commit, on SQLite (PostgreSQL truncates)."""
    operations: Any = DatabaseWrapper.ops_class
    original = operations.sql_flush

    def sql_flush(
        self: Any,
        style: Style,
        tables: Any,
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        statements: list[str] = original(
            self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
        )
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drop = [f"DROP TRIGGER {name}" for name, _sql in triggers]
        return [*drop, *statements, *(sql for _name, sql in triggers)]

    operations.sql_flush = sql_flush
    yield
    operations.sql_flush = original


@pytest.fixture(scope="session", autouse=True)
def _quick_settings() -> Iterator[None]:
    """Spare each user a hash that is slow on purpose, and each client a walk through all static files."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def registry(db: None) -> Office:
    return factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")


@pytest.fixture
def post_office(registry: Office) -> Office:
    return factories.make_office(
        code="17510", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.06", serves=["32.16"]
    )


@pytest.fixture
def counter(registry: Office) -> Office:
    return factories.make_office(
        code="3216-06", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.06", serves=["32.16"]
    )


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    return factories.make_user


@pytest.fixture
def printing_user(registry: Office) -> User:
    return factories.make_user(role=Role.PRINTING, office=registry)


@pytest.fixture
def supervisor(registry: Office) -> User:
    return factories.make_user(role=Role.SUPERVISOR, office=registry)


@pytest.fixture
def partner(post_office: Office) -> User:
    return factories.make_user(role=Role.PARTNER, office=post_office)


@pytest.fixture
def counter_user(counter: Office) -> User:
    return factories.make_user(role=Role.COUNTER, office=counter)
