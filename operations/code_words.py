"""What a stored code means, from the provider's table or from our own: for the ledger, which knows no provider."""

from django.utils.translation import get_language

from operations.explain import OWN, UNEXPLAINED
from providers import PROVIDERS
from providers.accounts import code_table


def code_in_words(provider: str, code: str) -> str:
    """The meaning in the reader's language, without its full stop; "" where no table has the code."""
    if code in UNEXPLAINED:
        return ""
    if code in OWN:
        row = OWN[code]
    elif provider in PROVIDERS and code_table(provider).knows(code):
        row = code_table(provider).find("", code)
    else:
        return ""
    return row.meaning.in_language(get_language() or "en").rstrip(".。")
