"""The room `web` as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"

    def ready(self) -> None:
        from web import language  # noqa: F401 - connects its receiver
