from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("services", "0007_lifecycle")]

    operations: ClassVar = [
        migrations.AddField("grant", "masks", models.JSONField(default=dict)),
        migrations.AddField("journalcursor", "carried_at", models.DateTimeField(null=True)),
    ]
