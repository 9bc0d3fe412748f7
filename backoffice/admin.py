"""Registers people and roles in place of Django's own admins of them."""

from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # registers Django's own admins, which ours replace
from django.contrib.auth.models import Group, User

from backoffice.people import PersonAdmin, RoleAdmin

for model, model_admin in ((User, PersonAdmin), (Group, RoleAdmin)):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, model_admin)

__all__ = ["auth_admin"]
