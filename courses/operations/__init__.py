"""What staff can do with courses: importing this package registers every operation of the app."""

from courses.operations.course import EditCourse

__all__ = ["EditCourse"]
