"""All settings. The environment is read here and nowhere else; `.env.example` explains every variable."""

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice.environment import provider_accounts

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if env_file := env.str("BACKOFFICE_ENV_FILE", default=str(BASE_DIR / ".env")):
    environ.Env.read_env(env_file)

# Identity and mode

SECRET_KEY = env.str("DJANGO_SECRET_KEY")
DEBUG = env.bool("DJANGO_DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])
SANDBOX: bool = env.bool("BACKOFFICE_SANDBOX", default=False)
DATA_DIR = Path(env.str("BACKOFFICE_DATA_DIR", default="") or BASE_DIR / "var")
BEHIND_TLS: bool = env.bool("DJANGO_BEHIND_TLS", default=not (DEBUG or SANDBOX))

# Providers: {provider: {account: {credential: value}}}. A provider without credentials is "not connected".

PROVIDER_ACCOUNTS = provider_accounts(env.ENVIRON, sandbox=SANDBOX)
PROVIDER_CONNECT_TIMEOUT: float = env.float("PROVIDER_CONNECT_TIMEOUT", default=5.0)
PROVIDER_READ_TIMEOUT: float = env.float("PROVIDER_READ_TIMEOUT", default=20.0)

# Engine (operations/): see docs/operators.md

OPERATIONS = {
    "lease_seconds": env.float("OPERATIONS_LEASE_SECONDS", default=90.0),
    "in_flight": env.int("OPERATIONS_IN_FLIGHT", default=32),
    "sweep_seconds": env.float("OPERATIONS_SWEEP_SECONDS", default=15.0),
    "plan_fresh_seconds": env.float("OPERATIONS_PLAN_FRESH_SECONDS", default=2 * 60 * 60),
    "recent_days": env.int("OPERATIONS_RECENT_DAYS", default=14),
    "look_seconds": env.float("OPERATIONS_LOOK_SECONDS", default=10.0),
    "unknowns_before_halt": env.int("OPERATIONS_UNKNOWNS_BEFORE_HALT", default=3),
    # Requests per second and per minute that each account may be asked; Huawei documents 100 a minute for deletions.
    "pace": {
        "classin": (
            env.float("CLASSIN_PER_SECOND", default=20.0),
            env.int("CLASSIN_PER_MINUTE", default=600),
        ),
        "huawei_vod": (
            env.float("HUAWEI_VOD_PER_SECOND", default=5.0),
            env.int("HUAWEI_VOD_PER_MINUTE", default=90),
        ),
        "syngrafii": (
            env.float("SYNGRAFII_PER_SECOND", default=5.0),
            env.int("SYNGRAFII_PER_MINUTE", default=120),
        ),
    },
    # Reading calls a minute where a provider limits them apart from the others; Huawei documents 1,500.
    "read_pace": {"huawei_vod": env.int("HUAWEI_VOD_READS_PER_MINUTE", default=1_350)},
}

# Readings of the providers (intake/): see docs/operators.md

INTAKE = {
    "scheduled": env.bool("INTAKE_SCHEDULED", default=True),
    "full_hours": env.float("INTAKE_FULL_HOURS", default=24.0),
    "new_hours": env.float("INTAKE_NEW_HOURS", default=1.0),
    "in_flight": env.int("INTAKE_IN_FLIGHT", default=8),
    "failures_before_end": env.int("INTAKE_FAILURES_BEFORE_END", default=12),
    "repeat_seconds": env.float("INTAKE_REPEAT_SECONDS", default=2.0),
}

# Messages that ClassIn pushes (intake/receiving/): see docs/operators.md

PUSHES: dict[str, Any] = {
    "without_key": env.str("CLASSIN_PUSH_WITHOUT_KEY", default="keep"),
    "max_bytes": env.int("CLASSIN_PUSH_MAX_BYTES", default=1024 * 1024),
    "wait_hours": env.float("CLASSIN_PUSH_WAIT_HOURS", default=24.0),
    "keep_days": env.int("CLASSIN_PUSH_KEEP_DAYS", default=180),
}
if PUSHES["without_key"] not in ("refuse", "keep", "accept"):
    raise ImproperlyConfigured(
        f"CLASSIN_PUSH_WITHOUT_KEY is {PUSHES['without_key']!r}; use refuse, keep or accept."
    )

# Mail: without EMAIL_URL none goes, and notices are in the product alone.

MAIL_ON = bool(env.str("EMAIL_URL", default=""))
if MAIL_ON:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20  # seconds; the sweeper waits for the mail server, so this stays short
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="back-office@localhost")
BACKOFFICE_URL = env.str("BACKOFFICE_URL", default="http://127.0.0.1:8000").rstrip("/")

# Days that the rows of imported spreadsheets are kept (intake/); what became of them is kept for ever.
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=30)

# When each night's retention rules are worked off, by the school's clock (DJANGO_TIME_ZONE).
RETENTION = {"at": env.str("RETENTION_AT", default="02:00")}

# Sealing of the audit log (audit/): see docs/operators.md. A signing key is given, or made where nothing real happens.

AUDIT: dict[str, Any] = {
    "origin": env.str("AUDIT_ORIGIN", default="school-back-office/audit-log"),
    "signing_key": env.str("AUDIT_SIGNING_KEY", default=""),
    "signing_key_file": Path(
        env.str("AUDIT_SIGNING_KEY_FILE", default="") or DATA_DIR / "audit" / "signing.key"
    ),
    "make_key": SANDBOX or DEBUG,
    "trusted_keys": env.list("AUDIT_TRUSTED_KEYS", default=[]),
    "checkpoint_file": Path(
        env.str("AUDIT_CHECKPOINT_FILE", default="") or DATA_DIR / "audit" / "checkpoints.txt"
    ),
    "checkpoint_mail": env.list("AUDIT_CHECKPOINT_MAIL", default=[]),
    "checkpoint_url": env.str("AUDIT_CHECKPOINT_URL", default=""),
    "seal_seconds": env.float("AUDIT_SEAL_SECONDS", default=1.0),
    "sign_seconds": env.float("AUDIT_SIGN_SECONDS", default=15.0),
    "heartbeat_seconds": env.float("AUDIT_HEARTBEAT_SECONDS", default=600.0),
    "alarm_seconds": env.float("AUDIT_ALARM_SECONDS", default=60.0),
}

# Applications

INSTALLED_APPS = [
    "backoffice.apps.BackOfficeConfig",
    "screens",
    "audit",
    "operations",
    "intake",
    "courses",
    "media_assets",
    "backoffice.apps.BackOfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_filters",
    "crispy_forms",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "audit.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audit.reads.ReadingMiddleware",
    "audit.middleware.DenialMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["screens.templatetags.screens"],
        },
    }
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "screens_crispy"
CRISPY_TEMPLATE_PACK = "screens_crispy"

# Database. SQLite has one writer: transactions take the write lock at once (IMMEDIATE) and are kept short.

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Celery: a message is only a wake-up, the database is the truth; losing one is harmless.

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="memory://localhost/")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"polling_interval": 0.02}
    if CELERY_BROKER_URL.startswith("memory:")
    else {"visibility_timeout": 3600, "unacked_restore_throttle": 1}
    if CELERY_BROKER_URL.startswith(("redis:", "rediss:"))
    else {}
)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "operations.tasks.sweep", "schedule": OPERATIONS["sweep_seconds"]},
    "seal": {"task": "audit.tasks.seal", "schedule": AUDIT["seal_seconds"]},
}

# People

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = env.int("AXES_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = env.float("AXES_COOLOFF_HOURS", default=1.0)
AXES_CLIENT_IP_CALLABLE = "audit.actors.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "audit.signals.client_username"
AXES_ENABLE_ADMIN = (
    False  # the ledger has every refused sign-in; axes' own tables would be lists of another look
)

# Languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
MAIL_LANGUAGE = env.str("BACKOFFICE_MAIL_LANGUAGE", default=LANGUAGE_CODE)
if MAIL_LANGUAGE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"BACKOFFICE_MAIL_LANGUAGE is {MAIL_LANGUAGE!r}; use en or zh-hans.")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("DJANGO_TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

# Static files

STATIC_URL = "static/"
STATIC_ROOT = None if DEBUG or SANDBOX else BASE_DIR / "static_collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or SANDBOX
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or SANDBOX
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# Security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
CSRF_FAILURE_VIEW = "backoffice.errors.csrf_failure"
SECURE_HSTS_SECONDS = env.int("DJANGO_HSTS_SECONDS", default=31_536_000 if BEHIND_TLS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # browsers' preload lists are the operator's decision, not ours
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXY_COUNT: int = env.int("DJANGO_TRUSTED_PROXY_COUNT", default=0)

if not SANDBOX and not DEBUG and SECRET_KEY.startswith("insecure"):
    raise ImproperlyConfigured("DJANGO_SECRET_KEY still has the demo's value. Set a secret of your own.")

# Logging: to the console, one line an event, with the request's id.

LOG_LEVEL = env.str("DJANGO_LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "audit.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "backoffice.log_lines.ScrubbedFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "level": LOG_LEVEL,  # here as well: a logger's own level is not asked for what its children send up
            "formatter": "line",
            "filters": ["request_id"],
        },
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "urllib3": {"level": "WARNING"},
        "django.utils.autoreload": {"level": "WARNING"},
        "django.server": {"level": "ERROR"},
    },
}
