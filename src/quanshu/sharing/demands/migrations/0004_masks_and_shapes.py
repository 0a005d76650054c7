from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("demands", "0003_demands"), ("services", "0008_masks")]

    operations: ClassVar = [
        migrations.AddField("demand", "masks", models.JSONField(default=dict)),
        migrations.AddField("round", "masks", models.JSONField(default=dict)),
        migrations.AddField(
            "demand",
            "wanted",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands_for",
                to="services.service",
            ),
        ),
    ]
