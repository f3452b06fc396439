"""What residents choose and reply, corrections of addresses, and how fast messages may leave."""

import django.db.models.deletion
import privacy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0003_counter_of_return_stray_items_contact_choice'),
        ('offices', '0002_weekdays_documents_and_reminders'),
        ('shipments', '0005_numbers_given_by_the_post'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AddressRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fields', privacy.fields.EncryptedTextField(help_text='field → text, as JSON', purpose='address_request.fields')),
                ('was_deliverable', models.BooleanField(help_text='what the address was before it went to review')),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('OPEN', 'waiting'), ('ACCEPTED', 'accepted'), ('DECLINED', 'declined')], default='OPEN', max_length=8)),
                ('answer', models.CharField(blank=True, default='', max_length=200)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['asked_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MessagePace',
            fields=[
                ('channel', models.CharField(max_length=12, primary_key=True, serialize=False)),
                ('window', models.DateTimeField()),
                ('sent', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='MessageReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=12)),
                ('provider_id', models.CharField(max_length=80)),
                ('sender_index', models.CharField(max_length=32)),
                ('meaning', models.CharField(choices=[('COME', 'comes'), ('PROXY', 'sends somebody'), ('RESEND', 'wants it sent again'), ('STOP', 'wants no messages'), ('START', 'wants messages again'), ('UNKNOWN', 'not understood')], max_length=7)),
                ('helped', models.BooleanField(default=False, help_text='was answered with what can be replied')),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'message replies',
                'ordering': ['-received_at'],
            },
        ),
        migrations.CreateModel(
            name='ResidentChoice',
            fields=[
                ('card', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='resident_choice', serialize=False, to='shipments.card')),
                ('coming', models.CharField(blank=True, default='', help_text='who will come, as a relation', max_length=20)),
                ('wish', models.CharField(blank=True, choices=[('', 'nothing'), ('RESEND', 'send it again'), ('OTHER_COUNTER', 'another counter')], default='', max_length=13)),
                ('door', models.CharField(choices=[('PAGE', "the resident's page"), ('REPLY', 'a reply to a message')], default='PAGE', max_length=5)),
                ('wished_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='sent_message_has_time',
        ),
        migrations.AddField(
            model_name='message',
            name='failure',
            field=models.CharField(blank=True, default='', help_text="the provider's code", max_length=40),
        ),
        migrations.AddField(
            model_name='message',
            name='recipient_index',
            field=models.CharField(blank=True, default='', help_text='blind index of the number it went to, for replies', max_length=32),
        ),
        migrations.AlterField(
            model_name='message',
            name='occasion',
            field=models.CharField(choices=[('REGISTERED', 'registered'), ('DISPATCHED', 'dispatched'), ('OUT_FOR_DELIVERY', 'out for delivery'), ('ATTEMPT_FAILED', 'attempt failed'), ('READY_AT_COUNTER', 'ready at the counter'), ('REMINDER', 'reminder'), ('MOVED', 'moved to another counter'), ('COLLECTED', 'collected'), ('ENQUIRY_ANSWERED', 'question answered'), ('ADDRESS_CHECKED', 'address correction decided'), ('REPLY_NOTED', 'reply noted'), ('REPLY_HELP', 'reply not understood')], max_length=16),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('QUEUED', 'waiting'), ('SENT', 'sent'), ('DELIVERED', 'reached the phone'), ('READ', 'read'), ('FAILED', 'failed'), ('WITHDRAWN', 'withdrawn')], default='QUEUED', max_length=9),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='message_at_provider'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('recipient_index', ''), _negated=True), fields=['recipient_index'], name='message_to_phone'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['-created_at', '-id'], name='message_newest'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['SENT', 'DELIVERED', 'READ']), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='sent_message_has_time'),
        ),
        migrations.AddField(
            model_name='addressrequest',
            name='card',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='address_requests', to='shipments.card'),
        ),
        migrations.AddField(
            model_name='addressrequest',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='messagereply',
            index=models.Index(fields=['sender_index', 'received_at'], name='replies_of_phone'),
        ),
        migrations.AddConstraint(
            model_name='messagereply',
            constraint=models.UniqueConstraint(fields=('channel', 'provider_id'), name='reply_once'),
        ),
        migrations.AddField(
            model_name='residentchoice',
            name='counter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office'),
        ),
        migrations.AddField(
            model_name='residentchoice',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='addressrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('card',), name='one_open_address_request_per_card'),
        ),
        migrations.AddConstraint(
            model_name='addressrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='decided_address_request_has_time'),
        ),
        migrations.AddIndex(
            model_name='residentchoice',
            index=models.Index(condition=models.Q(models.Q(('wish', ''), _negated=True), ('settled_at__isnull', True)), fields=['wished_at'], name='wishes_open'),
        ),
        migrations.AddConstraint(
            model_name='residentchoice',
            constraint=models.CheckConstraint(condition=models.Q(('wish', ''), ('wished_at__isnull', False), _connector='OR'), name='wish_has_time'),
        ),
        migrations.AddConstraint(
            model_name='residentchoice',
            constraint=models.CheckConstraint(condition=models.Q(('counter__isnull', True), ('wish', 'OTHER_COUNTER'), _connector='OR'), name='wished_counter_has_wish'),
        ),
    ]
