"""What staff can do in the libraries: importing this package registers every operation of the app."""

from media_assets.operations.class_video import DeleteClassVideo
from media_assets.operations.class_videos import DeleteAllClassVideos
from media_assets.operations.cloud_file import RenameCloudFile
from media_assets.operations.meeting_video import DeleteMeetingVideo
from media_assets.operations.meeting_videos import DeleteAllMeetingVideos
from media_assets.operations.transcode_group import DeleteTranscodeGroup
from media_assets.operations.transcoded_output import DeleteTranscodedOutputs

__all__ = [
    "DeleteAllClassVideos",
    "DeleteAllMeetingVideos",
    "DeleteClassVideo",
    "DeleteMeetingVideo",
    "DeleteTranscodeGroup",
    "DeleteTranscodedOutputs",
    "RenameCloudFile",
]
