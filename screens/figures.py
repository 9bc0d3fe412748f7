"""Numbers as people read them: sizes, durations, thousands. Figure and unit stay apart."""

from django.utils.translation import gettext, pgettext

_SIZE_UNITS: tuple[tuple[str, int, int], ...] = (
    ("B", 1, 0),
    ("KB", 1000, 0),
    ("MB", 1000**2, 0),
    ("GB", 1000**3, 1),
    ("TB", 1000**4, 2),
)


def size_parts(byte_count: int) -> tuple[str, str]:
    """Figure and unit of a size in bytes, decimal steps: ``(746_000_000)`` is ``("746", "MB")``.

    The number of decimals belongs to the unit (TB two, GB one), so that figures of one column line up.
    """
    unit, step, decimals = next(
        (one for one in _SIZE_UNITS if round(abs(byte_count) / one[1], one[2]) < 1000), _SIZE_UNITS[-1]
    )
    return f"{byte_count / step:,.{decimals}f}", unit


def size_text(byte_count: int) -> str:
    """A size in bytes as one plain string, ``746 MB``."""
    figure, unit = size_parts(byte_count)
    return f"{figure} {unit}"


def duration_text(seconds: int) -> str:
    """A length in seconds as ``1 h 04 min``, ``52 min`` or, below a minute, ``45 s``."""
    if seconds < 60:
        return gettext("%(seconds)d s") % {"seconds": seconds}
    minutes = round(seconds / 60)
    if minutes < 60:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    return gettext("%(hours)d h %(minutes)02d min") % {
        "hours": minutes // 60,
        "minutes": minutes % 60,
    }


def number_text(number: int) -> str:
    """A whole number with commas between thousands, in every language."""
    return f"{number:,}"


def listed(parts: list[str]) -> str:
    """Several facts in one line, with the separator of the language."""
    return pgettext("between two facts", ", ").join(parts)
