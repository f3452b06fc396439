"""The room `api` as a Django application."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
