"""The web application: `gunicorn backoffice.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

application = get_wsgi_application()

# What is loaded by now stays: the collector need not go through it again and again, 100 ms in which nobody is answered.
gc.collect()
gc.freeze()
