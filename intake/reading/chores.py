"""What each pass of the sweeper does for readings: start what the schedule asks for, wake who left one behind."""

from intake.reading.schedule import schedule_readings
from intake.reading.wake import wake_readings
from operations.engine.chores import register_chore

register_chore(schedule_readings)
register_chore(wake_readings)
