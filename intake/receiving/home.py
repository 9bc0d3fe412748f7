"""What Home says of ClassIn's messages: only where somebody has to look."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import ngettext

from intake.receiving.state import MOST_COUNTED, failed_count, refused_lately
from intake.receiving.words import refused_words
from screens.figures import number_text


def attention() -> list[dict[str, str]]:
    """Lines with `words` and `url`; two queries."""
    url = reverse("admin:intake_pushmessage_changelist")
    lines = []
    if failed := failed_count():
        words = ngettext(
            "%(count)s message from ClassIn could not be worked off",
            "%(count)s messages from ClassIn could not be worked off",
            failed,
        )
        shown = f"{number_text(failed)}{'+' if failed >= MOST_COUNTED else ''}"
        lines.append({"words": words % {"count": shown}, "url": f"{url}?state=failed"})
    if refused := refused_lately():
        lines.append({"words": refused_words(refused), "url": url})
    return lines
