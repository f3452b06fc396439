import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0005_overdue_sign_off_and_destruction'),
        ('offices', '0001_offices_areas_closures_quotas'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('courier', models.CharField(default='POS', max_length=12)),
                ('fingerprint', models.CharField(help_text="of the header's titles, folded", max_length=32)),
                ('columns', models.JSONField(help_text='field → index of its column, from 0')),
                ('titles', models.JSONField(help_text='field → title of its column')),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
            ],
            options={
                'ordering': ['-made_at'],
                'constraints': [
                    models.UniqueConstraint(fields=('office', 'courier', 'fingerprint'), name='one_profile_per_layout'),
                    models.CheckConstraint(condition=models.Q(('fingerprint', ''), _negated=True), name='profile_names_a_layout'),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name='statustext', name='one_meaning_per_text'),
        migrations.AddField(
            model_name='statustext',
            name='office',
            field=models.ForeignKey(blank=True, help_text='the registry office that says so; empty: for all, where a registry says nothing else', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office'),
        ),
        migrations.AddConstraint(
            model_name='statustext',
            constraint=models.UniqueConstraint(fields=('office', 'courier', 'status_text', 'remark_text'), name='one_meaning_per_text'),
        ),
        migrations.AddConstraint(
            model_name='statustext',
            constraint=models.UniqueConstraint(condition=models.Q(('office__isnull', True)), fields=('courier', 'status_text', 'remark_text'), name='one_shared_meaning_per_text'),
        ),
    ]
