from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("offices", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="closure",
            name="moves_cards",
            field=models.BooleanField(
                default=False,
                help_text="on the first day cards that wait there go to the counter that stands in",
            ),
        ),
    ]
