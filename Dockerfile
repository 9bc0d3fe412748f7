FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
# Collecting needs settings, and settings need a key; this one ends with the layer.
RUN DJANGO_SECRET_KEY=collecting-static-files-only BACKOFFICE_ENV_FILE= python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 backoffice

USER backoffice
EXPOSE 8000
CMD ["gunicorn", "backoffice.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
