from __future__ import annotations

from django.db import migrations, models

from quanshu.shared.audit.append_only import install_statements, remove_statements


def install(apps, schema_editor):
    for statement in install_statements(schema_editor.connection.vendor, erasable=False):
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in remove_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        # SQLite remakes the table, and the triggers go with the old one.
        migrations.RunPython(remove, install, elidable=False),
        migrations.AddField(
            model_name="auditentry",
            name="trace_id",
            field=models.CharField(blank=True, db_index=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
