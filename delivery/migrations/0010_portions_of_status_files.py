"""Portions of a status file that several workers take."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0009_fingerprints_begin_with_their_card"),
    ]

    operations = [
        migrations.CreateModel(
            name="FilePortion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("content", models.TextField(help_text="the rows' facts, as JSON")),
                ("lease_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "outcomes",
                    models.TextField(default="", help_text="a letter for each row; empty: not done"),
                ),
                ("arrived", models.JSONField(default=dict)),
                (
                    "courier_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="portions",
                        to="delivery.courierfile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("courier_file", "number"), name="one_portion_per_number")
                ],
            },
        ),
    ]
