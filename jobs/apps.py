"""The room `jobs` as a Django application."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
