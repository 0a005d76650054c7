from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("services", "0006_monitoring")]

    operations: ClassVar = [
        migrations.AddField("serviceversion", "deprecated_at", models.DateTimeField(null=True)),
        migrations.AddField("serviceversion", "ends_on", models.DateField(null=True)),
        migrations.AddField("serviceversion", "serving_file", models.CharField(blank=True, default="", max_length=200), preserve_default=False),
        migrations.AddField("serviceversion", "serving_table", models.CharField(blank=True, default="", max_length=100), preserve_default=False),
        migrations.AddField("serviceversion", "serving_key", models.JSONField(default=list)),
        migrations.AddField("grant", "version", models.PositiveIntegerField(default=0)),
    ]
