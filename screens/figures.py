"""Numbers as people read them: sizes, durations, thousands. Figure and unit stay apart."""

from django.utils.translation import gettext, pgettext

_SIZE_STEPS: tuple[tuple[int, str, int], ...] = (
    (1000**4, "TB", 2),
    (1000**3, "GB", 1),
    (1000**2, "MB", 0),
    (1000, "KB", 0),
)


def size_parts(byte_count: int) -> tuple[str, str]:
    """Figure and unit of a size in bytes, decimal steps: ``(746_000_000)`` is ``("746", "MB")``.

    The number of decimals belongs to the unit (TB two, GB one), so that figures of one column line up.
    """
    size = abs(byte_count)
    sign = "-" if byte_count < 0 else ""
    for step, unit, decimals in _SIZE_STEPS:
        # 999.96 GB would print as "1,000.0 GB": what rounds up to the next unit belongs to it.
        if round(size / step, decimals) >= 1:
            return f"{sign}{size / step:,.{decimals}f}", unit
    return f"{sign}{size}", "B"


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
