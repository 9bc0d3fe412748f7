"""Plain Python clients of the three providers: no Django, no database, no queue."""

from typing import Final

PROVIDERS: Final[dict[str, str]] = {
    "classin": "ClassIn",
    "huawei_vod": "Huawei Cloud VOD",
    "syngrafii": "Syngrafii",
}
"""The key of each provider and the name that people know it by."""
