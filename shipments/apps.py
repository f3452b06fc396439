"""The room `shipments` as a Django application."""

from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    name = "shipments"
