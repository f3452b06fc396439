"""The room `shipments` as a Django application."""

from importlib import import_module

from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    name = "shipments"

    def ready(self) -> None:
        import_module("shipments.handlers")
