"""Huawei Cloud VOD: the transcoded outputs of media assets."""

from providers.huawei_vod.assets import AssetInfo, TranscodedOutput
from providers.huawei_vod.client import HuaweiVodClient
from providers.huawei_vod.deletion import DeletionReport, ProductVerdict

__all__ = ["AssetInfo", "DeletionReport", "HuaweiVodClient", "ProductVerdict", "TranscodedOutput"]
