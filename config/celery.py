"""The entry point for Celery: `celery -A config worker` runs the same jobs as the embedded worker."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from jobs.celery_tasks import app

__all__ = ["app"]
