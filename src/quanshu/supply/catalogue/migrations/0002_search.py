import django.db.models.deletion
import quanshu.kernel.ids
from django.db import migrations, models

from quanshu.supply.catalogue.search.install import install, remove


def make_index(apps, schema_editor):
    install(schema_editor.connection)


def drop_index(apps, schema_editor):
    remove(schema_editor.connection)


def ask_for_exceptions(apps, schema_editor):
    """Reasons given before the bureau had to agree now wait for its answer."""
    entries = apps.get_model("catalogue", "Entry").objects.exclude(sensitive_reason="")
    asked = apps.get_model("catalogue", "LandingException").objects
    for entry in entries:
        asked.create(entry=entry, reason=entry.sensitive_reason, asked_at=entry.updated_at, asked_by="")


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='search_texts', to='catalogue.entry')),
                ('in_force', models.BooleanField()),
                ('latest', models.BooleanField()),
                ('title_key', models.CharField(db_index=True, max_length=100)),
                ('title_length', models.PositiveSmallIntegerField()),
                ('title', models.TextField()),
                ('items', models.TextField()),
                ('unit', models.TextField()),
                ('abstract', models.TextField()),
                ('made_by', models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='exempt',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='SearchPosting',
            fields=[
                ('text', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='posting', serialize=False, to='catalogue.searchtext')),
                ('words', models.TextField(db_column='catalogue_search')),
            ],
            options={
                'db_table': 'catalogue_search',
                'managed': False,
            },
        ),
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
            },
        ),
        migrations.AddConstraint(
            model_name='searchtext',
            constraint=models.UniqueConstraint(fields=('entry', 'in_force'), name='catalogue_search_text_once'),
        ),
        migrations.AddConstraint(
            model_name='landingexception',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'agreed'])), fields=('entry',), name='catalogue_one_exception'),
        ),
        migrations.RunPython(ask_for_exceptions, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
    ]
