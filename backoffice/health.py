"""What a load balancer asks: does this process answer, and does its database."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.sealer import sealing_state

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not; and whether the audit log is being sealed. Needs no log-in.

    A stopped sealer is no reason to take the pages away, so it is told with 200.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        sealing = sealing_state().alarm or "ok"
    except DatabaseError:
        logger.exception("the health check could not reach the database")
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "sealing": sealing})
