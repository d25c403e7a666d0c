"""The settings of the Django project, gone through with Django's checklist for deployment.

The checklist's persistent connections are on: with Django's default each request would connect anew. Of the
middleware that `startproject` writes down, what serves pages and sign-ins is left out; that favours Django.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from benchmarks.opponents.database import BUSY_TIMEOUT_S, PRAGMAS, url

DEBUG = False
# It signs nothing here, and each process may have its own.
SECRET_KEY = secrets.token_hex(32)
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["benchmarks.opponents.with_django"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.opponents.with_django.urls"
WSGI_APPLICATION = "benchmarks.opponents.with_django.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_I18N = False
USE_TZ = True

_EVERY_REQUEST = {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60}


def _database(text: str) -> dict[str, Any]:
    if text.startswith("sqlite"):
        commands = "; ".join(f"PRAGMA {pragma}" for pragma in PRAGMAS)
        return {
            **_EVERY_REQUEST,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": text.removeprefix("sqlite:///"),
            "OPTIONS": {"timeout": BUSY_TIMEOUT_S, "init_command": commands},
        }
    parts = urlsplit(text)
    return {
        **_EVERY_REQUEST,
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": parts.username,
        "HOST": parts.hostname,
        "PORT": parts.port,
    }


DATABASES = {"default": _database(url())}
