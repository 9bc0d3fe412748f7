"""Well-known credentials of the imitated accounts. They open nothing outside this machine."""

from __future__ import annotations

from dataclasses import dataclass

CLASSIN_SID = "2339736"
CLASSIN_SECRET = "sandbox-classin-secret"
CLASSIN_OTHER_SID = "2339999"
CLASSIN_OTHER_SECRET = "sandbox-classin-other-school-secret"

HUAWEI_VOD_PROJECT_ID = "0d3a5c7e9b1f4d6880a2c4e6f8091b3d"
HUAWEI_VOD_ACCESS_KEY = "SANDBOXACCESSKEY0001"
HUAWEI_VOD_SECRET_KEY = "sandboxSecretKey000000000000000000000001"
HUAWEI_VOD_READER_ACCESS_KEY = "SANDBOXREADERKEY0001"
HUAWEI_VOD_READER_SECRET_KEY = "sandboxReaderSecret0000000000000000000001"
HUAWEI_VOD_TEMPORARY_ACCESS_KEY = "SANDBOXTEMPORARY0001"
HUAWEI_VOD_TEMPORARY_SECRET_KEY = "sandboxTemporarySecret000000000000000001"
HUAWEI_VOD_SECURITY_TOKEN = "sandbox-security-token=="
HUAWEI_VOD_AUTH_TOKEN = "sandbox-iam-token"

SYNGRAFII_API_KEY = "sandbox-syngrafii-key"
SYNGRAFII_READER_API_KEY = "sandbox-syngrafii-reader-key"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One AK/SK pair of the VOD imitation."""

    secret: str
    security_token: str = ""
    may_delete: bool = True


CLASSIN_SCHOOLS = {CLASSIN_SID: CLASSIN_SECRET, CLASSIN_OTHER_SID: CLASSIN_OTHER_SECRET}
HUAWEI_VOD_KEYS = {
    HUAWEI_VOD_ACCESS_KEY: AccessKey(HUAWEI_VOD_SECRET_KEY),
    HUAWEI_VOD_READER_ACCESS_KEY: AccessKey(HUAWEI_VOD_READER_SECRET_KEY, may_delete=False),
    HUAWEI_VOD_TEMPORARY_ACCESS_KEY: AccessKey(HUAWEI_VOD_TEMPORARY_SECRET_KEY, HUAWEI_VOD_SECURITY_TOKEN),
}
SYNGRAFII_KEYS = {SYNGRAFII_API_KEY: True, SYNGRAFII_READER_API_KEY: False}
"""API key -> may it delete."""


def settings_for(provider: str, url: str, account: str = "default") -> dict[str, str]:
    """What a client of `provider` needs to reach the sandbox at `url`.

    `account` is "default", or for ClassIn "other" (another school), for VOD "reader" (may not delete),
    "temporary" (with a security token) and "token" (IAM token), for Syngrafii "reader". Raises KeyError.
    """
    vod = {"endpoint": url, "project_id": HUAWEI_VOD_PROJECT_ID}
    known = {
        "classin": {
            "default": {"base_url": url, "sid": CLASSIN_SID, "secret": CLASSIN_SECRET},
            "other": {"base_url": url, "sid": CLASSIN_OTHER_SID, "secret": CLASSIN_OTHER_SECRET},
        },
        "huawei_vod": {
            "default": vod | {"access_key": HUAWEI_VOD_ACCESS_KEY, "secret_key": HUAWEI_VOD_SECRET_KEY},
            "reader": vod
            | {"access_key": HUAWEI_VOD_READER_ACCESS_KEY, "secret_key": HUAWEI_VOD_READER_SECRET_KEY},
            "temporary": vod
            | {
                "access_key": HUAWEI_VOD_TEMPORARY_ACCESS_KEY,
                "secret_key": HUAWEI_VOD_TEMPORARY_SECRET_KEY,
                "security_token": HUAWEI_VOD_SECURITY_TOKEN,
            },
            "token": vod | {"auth_token": HUAWEI_VOD_AUTH_TOKEN},
        },
        "syngrafii": {
            "default": {"base_url": f"{url}/api/v1", "api_key": SYNGRAFII_API_KEY},
            "reader": {"base_url": f"{url}/api/v1", "api_key": SYNGRAFII_READER_API_KEY},
        },
    }
    return known[provider][account]


def environment(url: str) -> dict[str, str]:
    """The environment variables that connect the product to the sandbox at `url`."""
    return {
        "BACKOFFICE_SANDBOX": "1",
        "CLASSIN_BASE_URL": url,
        "CLASSIN_SID": CLASSIN_SID,
        "CLASSIN_SECRET": CLASSIN_SECRET,
        "HUAWEI_VOD_ENDPOINT": url,
        "HUAWEI_VOD_PROJECT_ID": HUAWEI_VOD_PROJECT_ID,
        "HUAWEI_VOD_ACCESS_KEY": HUAWEI_VOD_ACCESS_KEY,
        "HUAWEI_VOD_SECRET_KEY": HUAWEI_VOD_SECRET_KEY,
        "SYNGRAFII_BASE_URL": f"{url}/api/v1",
        "SYNGRAFII_API_KEY": SYNGRAFII_API_KEY,
    }
