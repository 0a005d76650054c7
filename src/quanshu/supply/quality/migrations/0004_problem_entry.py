import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quality", "0003_problem_entries")]
    operations = [
        migrations.AlterField(
            model_name="problem",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quality_problems",
                to="catalogue.entry",
            ),
        ),
    ]
