"""What the OpenAPI document says beyond what the views show: problems, and the repeat-safe header."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

PROBLEM = "application/problem+json"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Up to 255 characters, new for each new request. A request that is sent again with its key "
    "within 24 hours is answered again and not done again.",
)


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One wrong part of the body."""

    pointer = serializers.CharField(allow_blank=True, help_text="JSON pointer into the body (RFC 6901)")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="in the language asked for by Accept-Language: id or en")
    code = serializers.CharField(help_text="stable; see docs/api.md")
    params = serializers.DictField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemSchema(AutoSchema):
    """Every operation may answer with a problem; a repeat-safe POST takes its header."""

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        return [IDEMPOTENCY_KEY] if getattr(handler, "idempotent", False) else []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            problem = self._get_response_for_code(  # type: ignore[no-untyped-call]
                ProblemSerializer, "4XX", media_types=[PROBLEM]
            )
            operation["responses"]["4XX"] = {**problem, "description": "refused"}
        return operation


class LocalTime(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time of an office's day: what JSON Schema calls a "time" carries a zone, and these do not."""

    target_class = "rest_framework.serializers.TimeField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$",
            "example": "08:00:00",
        }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document tells of the key."""

    target_class = "api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <key>`: a key that an administrator made for a user.",
        }
