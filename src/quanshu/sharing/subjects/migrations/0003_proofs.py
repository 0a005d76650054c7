from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subjects", "0002_citizen")]

    operations = [
        migrations.AddField(
            model_name="mandate",
            name="given_name",
            field=models.CharField(blank=True, default="", max_length=150),
        ),
    ]
