"""The print check: what was found at printed cards, scan by scan."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.resource import Resource
from api.serializers.backlog import PrintCheckedSerializer, PrintCheckRequest, ReprintSerializer
from api.serializers.shapes import body
from shipments.models import PrintCheck
from shipments.print_check import PrintFinding, check_prints, reprint_requests, undo_last_print_check


class PrintCheckViewSet(Resource):
    """The print check of the user's office."""

    operations = dict.fromkeys(("create", "undo", "reprints"), Operation.CHECK_PRINT)
    queryset = PrintCheck.objects.none()
    serializer_class = PrintCheckedSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(request=PrintCheckRequest, responses={200: PrintCheckedSerializer(many=True)})
    @idempotent
    def create(self, request: Request) -> Response:
        """Write down what was found at scanned cards; one answer per scan, in their order."""
        findings = [PrintFinding(**finding) for finding in body(PrintCheckRequest, request)["findings"]]
        checked = check_prints(
            office_id=self.office_id, findings=findings, actor_id=self.user.pk, at=timezone.now()
        )
        return Response(PrintCheckedSerializer(checked, many=True).data)

    @extend_schema(request=None, responses=PrintCheckedSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def undo(self, request: Request) -> Response:
        """Undo this user's last scan."""
        undone = undo_last_print_check(office_id=self.office_id, actor_id=self.user.pk, at=timezone.now())
        return Response(PrintCheckedSerializer(undone).data)

    @extend_schema(responses=ReprintSerializer(many=True))
    @action(detail=False)
    def reprints(self, request: Request) -> Response:
        """Give the damaged cards that wait for another print, the oldest finding first."""
        return Response(ReprintSerializer(reprint_requests(office_id=self.office_id), many=True).data)
