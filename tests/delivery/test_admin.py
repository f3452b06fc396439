"""The administration shows events and states and changes none of them."""

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.test import RequestFactory

from delivery.models import CourierFile, CourierRow, Delivery, StatusText, TrackingEvent
from offices.models import Closure, Delegation

SHOWN = [TrackingEvent, Delivery, CourierFile, CourierRow, StatusText, Closure, Delegation]


@pytest.mark.parametrize("model", SHOWN)
def test_the_administration_only_looks(model: type[Model]) -> None:
    page: ModelAdmin[Model] = admin.site.get_model_admin(model)
    request = RequestFactory().get("/")
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
