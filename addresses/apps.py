"""The room `addresses` as a Django application."""

from django.apps import AppConfig


class AddressesConfig(AppConfig):
    name = "addresses"
