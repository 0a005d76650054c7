import django.db.models.deletion
import quanshu.kernel.ids
from django.db import migrations, models


def ask_for_exceptions(apps, schema_editor):
    """Reasons given before the bureau had to agree now wait for its answer."""
    entries = apps.get_model("catalogue", "Entry").objects.exclude(sensitive_reason="")
    asked = apps.get_model("landing", "LandingException").objects
    for entry in entries:
        asked.create(entry=entry, reason=entry.sensitive_reason, asked_at=entry.updated_at, asked_by="")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0003_standard'),
    ]

    operations = [
        migrations.CreateModel(
            name='LandingException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=quanshu.kernel.ids.new_uid, editable=False, max_length=36, unique=True)),
                ('reason', models.TextField()),
                ('state', models.CharField(db_index=True, default='asked', max_length=10)),
                ('asked_by', models.CharField(max_length=100)),
                ('asked_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=100)),
                ('decided_at', models.DateTimeField(null=True)),
                ('answer', models.TextField(blank=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exceptions', to='catalogue.entry')),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'agreed'])), fields=('entry',), name='landing_one_exception')],
            },
        ),
        migrations.RunPython(ask_for_exceptions, migrations.RunPython.noop),
    ]
