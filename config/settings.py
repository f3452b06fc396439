"""Everything an operator can set, read strictly from the environment (and from `.env` when present)."""

import base64
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("ANTARKTP_VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env.str("SECRET_KEY")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")


def _keys(name: str) -> dict[str, bytes]:
    """Read `id:base64` pairs; the first is used for writing, all of them for reading."""
    keys: dict[str, bytes] = {}
    for pair in env.list(name):
        key_id, _sep, encoded = pair.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {key_id} is not base64.") from error
        if not key_id or len(key) != 32:
            raise ImproperlyConfigured(f"{name}: write each key as id:base64 of 32 bytes.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured(f"{name} names no key.")
    return keys


PRIVACY_KEYS = _keys("PRIVACY_KEYS")
BLIND_INDEX_KEY = next(iter(_keys("BLIND_INDEX_KEY").values()))

INSTALLED_APPS = [
    "accounts",
    "addresses",
    "api",
    "delivery",
    "demo",
    "jobs",
    "offices",
    "privacy",
    "shipments",
    "web",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_api_key",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.bodies.BoundedBodyMiddleware",
    "web.bodies.PlainTextMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- databases -------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'antarktp.sqlite3'}")
}
ON_POSTGRESQL = not DATABASES["default"]["ENGINE"].endswith("sqlite3")
if not ON_POSTGRESQL:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # for many rows at a time: larger pages (of a new database), and a log that is not copied after each portion
        "init_command": "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        " PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=2500",
    }
else:
    DATABASES["default"]["OPTIONS"] = {
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 20},
        "server_side_binding": True,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
USERSESSIONS_TRACK_ACTIVITY = False
# Failed sign-ins are counted here: in the database, so that all web processes count together and a restart forgets
# nothing; and with room, so that nobody pushes a count out by failing under many names.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_brake",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=10) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# --- transport -------------------------------------------------------------------------------
HTTPS_ONLY: bool = env.bool("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, "'wasm-unsafe-eval'"],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}

# --- language and time -----------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE: str = env.str("TIME_ZONE", default="Asia/Jakarta")
USE_THOUSAND_SEPARATOR = True

# --- files -----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
UPLOAD_MAX_BYTES: int = env.int("UPLOAD_MAX_MB", default=100) * 1024 * 1024
# uploads that wait for a person, and workbooks of rejected rows, hold people's data in the clear
UPLOADS_KEPT_HOURS: int = env.int("UPLOADS_KEPT_HOURS", default=48)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- messages to residents: nothing leaves the machine until a channel is set ------------------
MESSAGE_CHANNEL: str = env.str("MESSAGE_CHANNEL", default="CONSOLE")
# beside another channel, for residents who named an e-mail address
MESSAGE_EMAIL: bool = env.bool("MESSAGE_EMAIL", default=False)
MESSAGE_GATEWAY_URL: str = env.str("MESSAGE_GATEWAY_URL", default="")
MESSAGE_GATEWAY_TOKEN: str = env.str("MESSAGE_GATEWAY_TOKEN", default="")
MESSAGE_GATEWAY_PHONE_FIELD: str = env.str("MESSAGE_GATEWAY_PHONE_FIELD", default="to")
MESSAGE_GATEWAY_TEXT_FIELD: str = env.str("MESSAGE_GATEWAY_TEXT_FIELD", default="text")
# Providers in Indonesia differ in these; docs/messages.md has the set-ups.
MESSAGE_GATEWAY_AUTH: str = env.str("MESSAGE_GATEWAY_AUTH", default="Bearer {token}")
MESSAGE_GATEWAY_FORMAT: str = env.str("MESSAGE_GATEWAY_FORMAT", default="json")
MESSAGE_GATEWAY_EXTRA: dict[str, str] = env.dict("MESSAGE_GATEWAY_EXTRA", default={})
MESSAGE_GATEWAY_ID_FIELD: str = env.str("MESSAGE_GATEWAY_ID_FIELD", default="id")
MESSAGE_GATEWAY_OK: str = env.str("MESSAGE_GATEWAY_OK", default="")
MESSAGE_PER_MINUTE: int = env.int("MESSAGE_PER_MINUTE", default=300)
MESSAGE_CALLBACK_SECRET: str = env.str("MESSAGE_CALLBACK_SECRET", default="")
MESSAGE_CALLBACK_FIELDS: dict[str, str] = {
    "id": "id", "status": "status", "from": "from", "text": "text",
    **env.dict("MESSAGE_CALLBACK_FIELDS", default={}),
}  # fmt: skip
WHATSAPP_URL: str = env.str("WHATSAPP_URL", default="https://graph.facebook.com/v21.0").rstrip("/")
WHATSAPP_PHONE_ID: str = env.str("WHATSAPP_PHONE_ID", default="")
WHATSAPP_TOKEN: str = env.str("WHATSAPP_TOKEN", default="")
WHATSAPP_APP_SECRET: str = env.str("WHATSAPP_APP_SECRET", default="")
WHATSAPP_VERIFY_TOKEN: str = env.str("WHATSAPP_VERIFY_TOKEN", default="")
if MESSAGE_GATEWAY_FORMAT not in {"json", "form"}:
    raise ImproperlyConfigured("MESSAGE_GATEWAY_FORMAT is json or form.")
if MESSAGE_CHANNEL not in {"CONSOLE", "EMAIL", "GATEWAY", "WHATSAPP"}:
    raise ImproperlyConfigured("MESSAGE_CHANNEL is one of CONSOLE, EMAIL, GATEWAY, WHATSAPP.")
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="antarktp@localhost")

# --- village officers' links: they end with the list's day of return, and after so many days at the latest --------
VILLAGE_LINK_DAYS: int = env.int("VILLAGE_LINK_DAYS", default=30)

# --- long work -------------------------------------------------------------------------------
TASK_ENGINE: str = env.str("TASK_ENGINE", default="database")
if TASK_ENGINE not in {"database", "celery"}:
    raise ImproperlyConfigured("TASK_ENGINE is either 'database' or 'celery'.")
TASKS = {
    "default": {
        "BACKEND": "jobs.celery_backend.CeleryBackend"
        if TASK_ENGINE == "celery"
        else "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
        "ENQUEUE_ON_COMMIT": True,
    }
}
CELERY_BROKER_URL: str = env.str("CELERY_BROKER_URL", default="amqp://guest:guest@127.0.0.1:5672//")
CELERY_TASK_DEFAULT_QUEUE: str = env.str("CELERY_QUEUE", default="antarktp")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# Rows of a status file that are recorded in one transaction: more are faster, fewer keep others waiting for less; and
# the less is a worker idle while another has the last of them.
COURIER_FILE_PORTION: int = env.int(
    "COURIER_FILE_PORTION", default=2_000 if TASK_ENGINE == "celery" else 5_000
)
# How many other workers may take portions of one large status file. SQLite lets one writer in at a time.
COURIER_FILE_HELPERS: int = env.int("COURIER_FILE_HELPERS", default=3 if TASK_ENGINE == "celery" else 0)
# Over how many connections one worker applies the portions that no other worker takes.
COURIER_FILE_CONNECTIONS: int = env.int("COURIER_FILE_CONNECTIONS", default=2 if ON_POSTGRESQL else 1)

# --- geocoder on the operator's own host; off by default, region names only -------------------
GEOCODER_KIND: str = env.str("GEOCODER_KIND", default="")
GEOCODER_URL: str = env.str("GEOCODER_URL", default="")
GEOCODER_ALLOWED_HOSTS: list[str] = env.list("GEOCODER_ALLOWED_HOSTS", default=[])
GEOCODER_API_KEY: str = env.str("GEOCODER_API_KEY", default="")
GEOCODER_PER_SECOND: float = env.float("GEOCODER_PER_SECOND", default=1.0)

# --- the post's tracking API: off until it is set up ------------------------------------------
COURIER_PULL_URL: str = env.str("COURIER_PULL_URL", default="")
COURIER_PULL_TOKEN: str = env.str("COURIER_PULL_TOKEN", default="")
# what the answer's members are called, and the one that holds its rows; no source has confirmed the post's own names
COURIER_PULL_FIELDS: dict[str, str] = env.dict(
    "COURIER_PULL_FIELDS",
    default={
        "number": "connote",
        "status": "status",
        "remark": "description",
        "date": "date",
        "place": "office",
    },
)
COURIER_PULL_ROWS: str = env.str("COURIER_PULL_ROWS", default="data")
COURIER_PULL_ASKED: str = env.str("COURIER_PULL_ASKED", default="connote")
COURIER_PULL_BATCH: int = env.int("COURIER_PULL_BATCH", default=50)
COURIER_PULL_MOST: int = env.int("COURIER_PULL_MOST", default=20_000)
COURIER_PULL_PER_SECOND: float = env.float("COURIER_PULL_PER_SECOND", default=2.0)

# --- machines' door --------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.OperationPermission"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "api.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "AntarKTP",
    "DESCRIPTION": "Printed Indonesian identity cards, from the printer into residents' hands.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "LevelEnum": "addresses.outcome.Level",
        "ChannelEnum": "shipments.models.Channel",
        "HoldActionEnum": "shipments.models.AreaHold.Action",
        "JobStateEnum": "jobs.models.JobState",
        "CourierFileStateEnum": "delivery.models.CourierFile.State",
        "DestructionKindEnum": "delivery.models.Destruction.Kind",
        "CourierStatusEnum": "api.serializers.events.COURIER_STATUSES",
        "CardStatusEnum": "delivery.status.Status",
        "CourierActionEnum": "api.serializers.events.ACTIONS",
        "DifferenceKindEnum": "shipments.models.HandoverDifference.Kind",
        "CollectorEnum": "api.serializers.policies.COLLECTORS",
    },
    # no validator on another host
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

# --- logs ------------------------------------------------------------------------------------
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "privacy.logs.MaskedJsonFormatter"},
        "text": {
            "()": "privacy.logs.MaskedFormatter",
            "format": "{levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", default="text" if DEBUG else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    from privacy.logs import masked_event

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",  # forms carry identity numbers and PINs
        before_send=masked_event,  # type: ignore[arg-type]
    )
