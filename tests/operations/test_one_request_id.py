"""One request id joins everything that follows from a press: request, task, calls, a lost answer, its look, the end."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import Record
from operations.models import Attempt, Run
from operations.registry import registry
from tests.contracts.targets import TARGETS
from tests.factories.operations import AccountFactory, plan
from tests.factories.people import SuperuserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fault", ["", "reset_after", "timeout_before"])
@pytest.mark.parametrize("key", ["media_assets.class_video.delete", "media_assets.meeting_video.delete"])
def test_the_press_is_followed_to_the_end(key: str, fault: str, settings: Any, sandbox: Any, work_off: Any):
    settings.PROVIDER_READ_TIMEOUT = 0.4
    boss, target = SuperuserFactory(), TARGETS[key]
    AccountFactory(provider=registry[key].provider)
    row = target.make(sandbox)
    if fault:
        sandbox.fault(registry[key].provider, fault, call=target.call, times=1)
    run: Run = plan(key, type(row)._default_manager.filter(pk=row.pk), boss)
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    press = {"do": "confirm", "token": str(run.token), "reason": "Term is over", "typed": "DELETE 1"}
    newest = Record.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert (
        client.post(run.get_absolute_url(), press, headers={"X-Request-ID": "press-0001"}).status_code == 302
    )
    work_off(run)
    followed = Record.objects.filter(run_id=run.pk, pk__gt=newest)
    assert {f"{key}.requested", "operations.run.finished"} <= set(followed.values_list("action", flat=True))
    assert followed.filter(attempt_id__isnull=False).exists()
    assert set(followed.exclude(attempt_id=None).values_list("attempt_id", flat=True)) <= set(
        Attempt.objects.values_list("pk", flat=True)
    )
    assert set(followed.values_list("request_id", flat=True)) == {"press-0001"}
