"""The former phone and e-mail, to be told of a change of the contact."""

from django.db import migrations, models

import privacy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0012_village_list_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactchoice",
            name="former_email",
            field=privacy.fields.EncryptedTextField(
                blank=True, default="", purpose="contact_choice.former_email"
            ),
        ),
        migrations.AddField(
            model_name="contactchoice",
            name="former_phone",
            field=privacy.fields.EncryptedTextField(
                blank=True, default="", purpose="contact_choice.former_phone"
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="occasion",
            field=models.CharField(
                choices=[
                    ("REGISTERED", "registered"),
                    ("DISPATCHED", "dispatched"),
                    ("OUT_FOR_DELIVERY", "out for delivery"),
                    ("ATTEMPT_FAILED", "attempt failed"),
                    ("READY_AT_COUNTER", "ready at the counter"),
                    ("REMINDER", "reminder"),
                    ("MOVED", "moved to another counter"),
                    ("REOPENED", "the counter is open again"),
                    ("PLACE_OFFERED", "a place became free"),
                    ("COLLECTED", "collected"),
                    ("ENQUIRY_ANSWERED", "question answered"),
                    ("ADDRESS_CHECKED", "address correction decided"),
                    ("CONTACT_CHANGED", "phone or e-mail changed"),
                    ("REPLY_NOTED", "reply noted"),
                    ("REPLY_HELP", "reply not understood"),
                ],
                max_length=16,
            ),
        ),
    ]
