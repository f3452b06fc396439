import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("offices", "0007_closures_that_send_cards_away")]

    operations = [
        migrations.CreateModel(
            name="ExtraDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extra_days",
                        to="offices.office",
                    ),
                ),
            ],
            options={
                "ordering": ["day"],
                "constraints": [models.UniqueConstraint(fields=("office", "day"), name="extra_day_once")],
            },
        ),
        migrations.RemoveField(model_name="office", name="opening_hours"),
    ]
