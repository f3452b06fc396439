"""The room `privacy` as a Django application."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"
