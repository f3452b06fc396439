"""Model fields that are encrypted in the database and plain in Python."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.crypto import open_sealed, seal


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text sealed for one purpose. Look it up by a blind index beside it: no lookup but `isnull` is allowed."""

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, list(args), {**kwargs, "purpose": self.purpose}

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else seal(str(value), purpose=self.purpose)

    def from_db_value(self, value: str | None, _expression: object, _db: BaseDatabaseWrapper) -> str | None:
        return None if value is None else open_sealed(value, purpose=self.purpose)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is encrypted: search by its blind index.")
        return super().get_lookup(lookup_name)
