"""The one Celery task: it runs any `django.tasks` task by its path."""

from typing import Any

from celery import shared_task
from django.utils.module_loading import import_string


@shared_task(name="jobs.run")  # type: ignore[untyped-decorator]
def run(task_path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Call the task's function with JSON arguments."""
    import_string(task_path).func(*args, **kwargs)
