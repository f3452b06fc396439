"""The register of breaches of personal data, with the clock of three times 24 hours."""

import django.db.models.deletion
import privacy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("offices", "0006_slots_of_a_day"),
        ("privacy", "0002_access_log_is_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Breach",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", privacy.fields.EncryptedTextField(purpose="breach.what")),
                (
                    "data_kinds",
                    privacy.fields.EncryptedTextField(
                        help_text="which personal data", purpose="breach.data_kinds"
                    ),
                ),
                (
                    "measures",
                    privacy.fields.EncryptedTextField(blank=True, default="", purpose="breach.measures"),
                ),
                ("people", models.PositiveIntegerField()),
                ("occurred_at", models.DateTimeField(blank=True, null=True)),
                ("noticed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("authority_notified_at", models.DateTimeField(blank=True, null=True)),
                ("people_notified_at", models.DateTimeField(blank=True, null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="offices.office"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "breaches",
                "ordering": ["-noticed_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_at__gt", models.F("noticed_at"))),
                        name="breach_due_after_notice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("occurred_at__isnull", True),
                            ("occurred_at__lte", models.F("noticed_at")),
                            _connector="OR",
                        ),
                        name="breach_noticed_after_it_happened",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("authority_notified_at__isnull", True),
                                ("authority_notified_at__gte", models.F("noticed_at")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("people_notified_at__isnull", True),
                                ("people_notified_at__gte", models.F("noticed_at")),
                                _connector="OR",
                            ),
                        ),
                        name="breach_told_after_notice",
                    ),
                ],
            },
        ),
    ]
