"""A status file knows the applied one that it repeats."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0010_portions_of_status_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="courierfile",
            name="items_seen",
            field=models.BigIntegerField(default=0, help_text="key of the newest item when it was applied"),
        ),
        migrations.AddField(
            model_name="courierfile",
            name="repeats",
            field=models.ForeignKey(
                blank=True,
                help_text="the applied file with the same content",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="delivery.courierfile",
            ),
        ),
        migrations.AddField(
            model_name="courierfile",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
