"""The room `offices` as a Django application."""

from django.apps import AppConfig


class OfficesConfig(AppConfig):
    name = "offices"
