"""Long work and its leases."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('jobs', '0001_jobs_with_lease'), ('jobs', '0002_jobs_that_may_be_lost')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('offices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('QUEUED', 'waiting'), ('RUNNING', 'running'), ('SUCCEEDED', 'done'), ('FAILED', 'failed'), ('CANCELLED', 'cancelled')], default='QUEUED', max_length=10)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('total', models.PositiveBigIntegerField(default=0, help_text='0: not known yet')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('max_attempts', models.PositiveSmallIntegerField(default=5)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested', models.BooleanField(default=False)),
                ('input', models.JSONField(default=dict)),
                ('result', models.JSONField(default=dict)),
                ('error', models.CharField(blank=True, default='', max_length=400)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, help_text='to the task engine; a waiting job is sent again when it may be lost')),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(condition=models.Q(('state', 'RUNNING')), fields=['lease_until'], name='job_lease'), models.Index(condition=models.Q(('state', 'QUEUED')), fields=['sent_at'], name='job_waiting'), models.Index(fields=['office', '-created_at'], name='job_of_office')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'RUNNING'), _negated=True), models.Q(('lease_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='running_job_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['SUCCEEDED', 'FAILED', 'CANCELLED']), _negated=True), ('finished_at__isnull', False), _connector='OR'), name='ended_job_has_time'), models.CheckConstraint(condition=models.Q(('attempts__lte', models.F('max_attempts'))), name='job_attempts_bounded')],
            },
        ),
    ]
