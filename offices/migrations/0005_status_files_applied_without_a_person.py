from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('offices', '0004_what_follows_undelivered_cards'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='applies_status_files',
            field=models.BooleanField(default=False, help_text='its status files are applied without a person who looks at the preview'),
        ),
    ]
