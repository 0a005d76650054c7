from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("demands", "0003_demands")]

    operations: ClassVar = [
        migrations.AddField("demand", "masks", models.JSONField(default=dict)),
        migrations.AddField("round", "masks", models.JSONField(default=dict)),
    ]
