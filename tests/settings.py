"""The product's own settings with a test's environment: the same code, no file of the machine's read."""

import os

os.environ.setdefault("DJANGO_SECRET_KEY", "insecure-tests-only")
os.environ.setdefault("BACKOFFICE_SANDBOX", "1")
os.environ.setdefault("DJANGO_LOG_LEVEL", "WARNING")
os.environ.setdefault("PROVIDER_CONNECT_TIMEOUT", "1")
os.environ.setdefault("PROVIDER_READ_TIMEOUT", "2")

from backoffice.settings import *  # noqa: E402, F403 - the environment comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
