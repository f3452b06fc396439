"""The Celery application and its one task, which runs any `django.tasks` task by its path."""

from typing import Any

from celery import Celery
from django.utils.module_loading import import_string

app = Celery("antarktp")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="jobs.run")  # type: ignore[untyped-decorator]
def run(task_path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Call the task's function with JSON arguments."""
    import_string(task_path).func(*args, **kwargs)
