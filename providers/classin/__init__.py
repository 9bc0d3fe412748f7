"""ClassIn (eeo.cn): courses, class videos, cloud disk."""

from providers.classin.client import ClassInClient
from providers.classin.courses import CourseChanges, Upload

__all__ = ["ClassInClient", "CourseChanges", "Upload"]
