"""Bridge from the `django.tasks` interface to Celery, so that task code is written once."""

import logging
from typing import Any

from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.signals import task_enqueued
from kombu.exceptions import OperationalError as BrokerUnreachable

from jobs.celery_tasks import run

logger = logging.getLogger(__name__)


class CeleryBackend(BaseTaskBackend):
    """Enqueue on Celery; what became of the work is read from the job row, not from here."""

    supports_defer = True
    supports_async_task = False
    supports_get_result = False
    supports_priority = False

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=get_random_string(32),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        try:
            run.apply_async(
                args=[task.module_path, list(args), dict(kwargs)], task_id=result.id, eta=task.run_after
            )
        except BrokerUnreachable as fault:
            # the job's row is there: the reaper sends it when the broker is back
            logger.error("the broker did not take a job: %s", type(fault).__name__)
        task_enqueued.send(type(self), task_result=result)
        return result
