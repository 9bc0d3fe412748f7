#!/usr/bin/env python
"""Django's command line for the back office."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    if sys.argv[1:2] == ["demo"]:
        from backoffice.demo.start import main

        sys.exit(main(sys.argv[2:]))  # makes its own environment, before the settings are read
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    execute_from_command_line(sys.argv)
