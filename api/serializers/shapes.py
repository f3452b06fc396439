"""Serializers that write nothing: what a request must look like, and how a dataclass or a row is shown."""

from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.request import Request

InT = TypeVar("InT", bound="Shape")


class Shape(serializers.Serializer[Any]):
    """A request's body or query, or an answer. Never saves: services do."""

    def create(self, validated_data: Any) -> Any:
        raise NotImplementedError("The doors write nothing; call a service.")

    def update(self, instance: Any, validated_data: Any) -> Any:
        raise NotImplementedError("The doors write nothing; call a service.")


def body(shape: type[Shape], request: Request) -> dict[str, Any]:
    """Give the request's body in its shape. Raises ValidationError."""
    return _checked(shape(data=request.data))


def query(shape: type[Shape], request: Request) -> dict[str, Any]:
    """Give the request's query in its shape. Raises ValidationError."""
    return _checked(shape(data=request.query_params))


def _checked(serializer: Shape) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    checked: dict[str, Any] = serializer.validated_data
    return checked


class OutcomesField(serializers.DictField):
    """How many rows ended in each outcome."""

    child = serializers.IntegerField(min_value=0)


class ReasonRequest(Shape):
    """Why; it stays in the history."""

    reason = serializers.CharField(max_length=200)
