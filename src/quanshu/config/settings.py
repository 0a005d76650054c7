"""Django settings of a node. Everything that differs between nodes comes from `environment`."""

from __future__ import annotations

from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from quanshu.config.environment import bucket_access, read_environment, secret_key

env = read_environment()
PACKAGE_DIR = Path(__file__).resolve().parent.parent
QUANSHU_HOME: Path = env["HOME"]

SECRET_KEY = secret_key(QUANSHU_HOME, env["SECRET_KEY"])
DEBUG = env["DEBUG"]
ALLOWED_HOSTS = env["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = env["TRUSTED_ORIGINS"]

ROOMS = [
    "quanshu.shared.access",
    "quanshu.shared.audit",
    "quanshu.shared.outbox",
    "quanshu.shared.jobs",
    "quanshu.shared.notify",
    "quanshu.shared.files",
    "quanshu.shared.workflow",
    "quanshu.shared.web",
    "quanshu.organisation",
    "quanshu.supply.standards",
    "quanshu.supply.catalogue",
    "quanshu.supply.exchange",
    "quanshu.supply.landing",
    "quanshu.supply.registration",
    "quanshu.supply.intake",
    "quanshu.supply.inventory",
    "quanshu.supply.census",
    "quanshu.supply.hosting",
    "quanshu.supply.quality",
    "quanshu.supply.assurance",
    "quanshu.supply.fusion",
    "quanshu.supply.libraries",
    "quanshu.supply.workspaces",
    "quanshu.sharing.subjects",
    "quanshu.sharing.services",
    "quanshu.sharing.consent",
    "quanshu.sharing.desk",
    "quanshu.sharing.keys",
    "quanshu.sharing.development",
    "quanshu.sharing.composition",
    "quanshu.sharing.bulk",
    "quanshu.sharing.delivery",
    "quanshu.sharing.demands",
    "quanshu.sharing.emergency",
    "quanshu.city.vault",
    "quanshu.city.codes",
    "quanshu.city.citizen",
    "quanshu.oversight.monitoring",
    "quanshu.oversight.privacy",
    "quanshu.oversight.ledger",
    "quanshu.portal",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_tasks",
    "ninja",
    *ROOMS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "quanshu.shared.web.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quanshu.organisation.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "quanshu.shared.web.middleware.SecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "quanshu.shared.web.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "quanshu.config.urls"
ASGI_APPLICATION = "quanshu.config.asgi.application"
FORM_RENDERER = "quanshu.shared.web.forms.FormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "quanshu.shared.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django.contrib.humanize.templatetags.humanize",
                "quanshu.shared.web.templatetags.web",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        env["DATABASE_URL"] or f"sqlite:///{QUANSHU_HOME / 'quanshu.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organisation.Account"
AUTHENTICATION_BACKENDS = ["quanshu.organisation.backends.AccountBackend"]
CSRF_FAILURE_VIEW = "quanshu.shared.web.errors.form_expired"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
QUANSHU_RESIDENT_HOME = "/my/"
QUANSHU_RESIDENT_SIGN_IN = "/my/sign-in/"
QUANSHU_RESIDENT_OIDC = (
    env["RESIDENT_OIDC_ISSUER"],
    env["RESIDENT_OIDC_CLIENT_ID"],
    env["RESIDENT_OIDC_CLIENT_SECRET"],
)
QUANSHU_RESIDENT_OIDC_CLAIMS = env["RESIDENT_OIDC_CLAIMS"]
QUANSHU_RESIDENT_SESSION = (env["RESIDENT_SESSION_IDLE"] * 60, env["RESIDENT_SESSION_LONGEST"] * 60)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env["SECURE_COOKIES"]
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env["SECURE_COOKIES"] else None
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
QUANSHU_UPLOAD_MAX_BYTES = env["UPLOAD_MAX_MIB"] * 1024 * 1024
QUANSHU_DROP_FOLDERS = [Path(folder).resolve() for folder in env["DROP_FOLDERS"]]

QUANSHU_INTAKE_HOSTS = env["INTAKE_HOSTS"]
QUANSHU_INTAKE_PRIVATE_NETWORKS = env["INTAKE_PRIVATE_NETWORKS"]
QUANSHU_DELIVERY_HOSTS = env["DELIVERY_HOSTS"]
QUANSHU_DELIVERY_PRIVATE_NETWORKS = env["DELIVERY_PRIVATE_NETWORKS"]
QUANSHU_INTAKE_CONCURRENT = env["INTAKE_CONCURRENT"]
QUANSHU_INTAKE_QUEUE = env["INTAKE_QUEUE"]

QUANSHU_FILES_DIR = QUANSHU_HOME / "files"
QUANSHU_LAKE_DIR = QUANSHU_HOME / "lake"
QUANSHU_LAKE_URL = env["LAKE_URL"]
QUANSHU_LAKE_ACCESS = bucket_access(env) if env["LAKE_URL"] else {}
QUANSHU_LAKE_MEMORY = env["LAKE_MEMORY"]
QUANSHU_LAKE_THREADS = env["LAKE_THREADS"]
QUANSHU_ENGINE = env["ENGINE"]
QUANSHU_SPARK_MASTER = env["SPARK_MASTER"]
QUANSHU_SPARK_MEMORY = env["SPARK_MEMORY"]
QUANSHU_SERVING_DIR = QUANSHU_HOME / "serving"
QUANSHU_SERVING_URL = env["SERVING_URL"]
QUANSHU_GATEWAY_DIR = QUANSHU_HOME / "gateway"
QUANSHU_GATEWAY_JOURNALS = env["GATEWAY_JOURNALS"]
QUANSHU_GATEWAY_JOURNAL_DAYS = env["GATEWAY_JOURNAL_DAYS"]
QUANSHU_KEYS_DIR = QUANSHU_HOME / "keys"
QUANSHU_LEDGER_DIR = QUANSHU_HOME / "ledger"
QUANSHU_LEDGER_ORIGIN = env["LEDGER_ORIGIN"] or f"quanshu.{env['NODE_REGION']}/ledger"
QUANSHU_WITNESSES = env["WITNESSES"]
QUANSHU_WORKER_THREADS = env["WORKER_THREADS"]
QUANSHU_WEB_WORKERS = env["WEB_WORKERS"]
QUANSHU_WEB = (env["WEB_HOST"], env["WEB_PORT"])
QUANSHU_GATEWAY = (env["GATEWAY_HOST"], env["GATEWAY_PORT"])
QUANSHU_GATEWAY_URL = env["GATEWAY_URL"] or f"http://{env['GATEWAY_HOST']}:{env['GATEWAY_PORT']}"
QUANSHU_NODE_NAME = env["NODE_NAME"]
QUANSHU_NODE_REGION = env["NODE_REGION"]

TASKS = {"default": {"BACKEND": "quanshu.shared.jobs.backend.JobBackend"}}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
QUANSHU_SMTP_URL = env["SMTP_URL"]
DEFAULT_FROM_EMAIL = env["MAIL_FROM"]

QUANSHU_METRICS_TOKEN = env["METRICS_TOKEN"]
QUANSHU_METRICS_ALLOW = env["METRICS_ALLOW"]
QUANSHU_WORKER_METRICS = (env["WEB_HOST"], env["WORKER_METRICS_PORT"])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"own": {"()": "quanshu.kernel.logs.formatter", "kind": env["LOG_FORMAT"]}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "own"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"quanshu": {"level": "INFO"}},
}
