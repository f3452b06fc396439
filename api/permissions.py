"""Ask the table of roles; a view that names no operation is open to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.permissions import Operation, may

if TYPE_CHECKING:  # the framework's settings name this module, so that it is read before its views
    from rest_framework.views import APIView


def operation_of(view: APIView) -> Operation | None:
    """Give the operation that the view asks for with this action; None means that nobody may."""
    by_action = getattr(view, "operations", {})
    action = getattr(view, "action", None)
    operation = by_action.get(action) if by_action else getattr(view, "operation", None)
    return operation if isinstance(operation, Operation) else None


class OperationPermission(BasePermission):
    """The user's role allows the view's operation, and so does the key when there is one."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, User):
            return False
        if getattr(view, "action", "") is None:
            return True  # no handler for this method: the answer is 405
        operation = operation_of(view)
        if operation is None or not may(request.user, operation):
            return False
        key = request.auth
        return not isinstance(key, ApiKey) or not key.operations or operation.value in key.operations


class Public(BasePermission):
    """Open to everybody; named so that every open door is found by searching for it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True
