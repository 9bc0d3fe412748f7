"""Readings: started by a person or the schedule, worked off by whoever holds the lease, ended with their figures."""

from intake.reading.control import cancel_reading, start_reading
from intake.reading.schedule import schedule_readings
from intake.reading.wake import wake_readings
from intake.reading.work import read_on

__all__ = ["cancel_reading", "read_on", "schedule_readings", "start_reading", "wake_readings"]
