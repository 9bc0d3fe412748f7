"""What each pass of the sweeper does for what came in."""

from intake.importing.cleaning import drop_old_rows
from intake.importing.work import wake_imports
from operations.engine.chores import register_chore

register_chore(wake_imports)
register_chore(drop_old_rows)
