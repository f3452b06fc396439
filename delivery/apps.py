"""The room `delivery` as a Django application."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"
