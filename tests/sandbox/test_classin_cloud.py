"""The cloud disk of the imitation."""

from sandbox.classin_cloud import size_text
from sandbox.credentials import CLASSIN_OTHER_SID
from sandbox.server import Sandbox
from tests.sandbox.callers import classin


def test_a_file_is_renamed_and_listed_under_its_new_name(sandbox: Sandbox) -> None:
    file = sandbox.classin.add_file("test.png")
    assert classin(sandbox, "renameFile", fileId=file.id, fileName="课件2017").errno == 1
    listed = classin(sandbox, "getCloudList").json()
    assert listed["file_list"] == [{"id": file.id, "file_name": "课件2017", "file_size": "27KB"}]
    assert listed["error_info"]["errno"] == 1
    assert sandbox.effects()[0]["effect"] == [file.id]


def test_a_long_name_is_cut_at_128(sandbox: Sandbox) -> None:
    file = sandbox.classin.add_file()
    assert classin(sandbox, "renameFile", fileId=file.id, fileName="n" * 130).errno == 1
    assert len(file.name) == 128


def test_rename_refusals(sandbox: Sandbox) -> None:
    file, other = sandbox.classin.add_file("a.png"), sandbox.classin.add_file("b.png")
    foreign = sandbox.classin.add_file("c.png", school=CLASSIN_OTHER_SID)
    gone = sandbox.classin.add_file("d.png", deleted_at=1.0)
    asked = [(file.id, other.name), (foreign.id, "x"), (gone.id, "x"), ("404", "x"), (file.id, ""), ("", "x")]
    answers = [classin(sandbox, "renameFile", fileId=file_id, fileName=name).errno for file_id, name in asked]
    assert answers == [200, 199, 198, 198, 100, 100]
    assert not sandbox.effects()


def test_the_same_name_is_free_in_another_folder(sandbox: Sandbox) -> None:
    top = sandbox.classin.add_folder("School resources", parent_id="")
    inner = sandbox.classin.add_folder("Scores")
    file = sandbox.classin.add_file("a.png", folder_id=inner.id)
    sandbox.classin.add_file("b.png", folder_id=top.id)
    assert classin(sandbox, "renameFile", fileId=file.id, fileName="b.png").errno == 1


def test_the_tree_is_read_as_documented(sandbox: Sandbox) -> None:
    top = sandbox.classin.add_folder("School resources", parent_id="", is_system=True)
    first = sandbox.classin.add_folder("Courseware")
    second = sandbox.classin.add_folder("English", parent_id=first.id)
    assert classin(sandbox, "getTopFolderId").json()["data"] == top.id
    assert classin(sandbox, "getFolderList").json()["data"] == {
        first.id: [{"id": second.id, "pid": first.id, "name": "English"}]
    }
    assert classin(sandbox, "getCloudList").json()["folder_list"] == [
        {"folder_id": first.id, "folder_name": "Courseware", "is_system_folder": 0}
    ]
    assert classin(sandbox, "getCloudList", folderId=first.id).json()["file_list"] == []


def test_folders_that_cannot_be_listed(sandbox: Sandbox) -> None:
    assert classin(sandbox, "getTopFolderId").errno == 106
    foreign = sandbox.classin.add_folder(school=CLASSIN_OTHER_SID, parent_id="")
    assert classin(sandbox, "getCloudList", folderId="404").errno == 193
    assert classin(sandbox, "getCloudList", folderId=foreign.id).errno == 194


def test_sizes_are_text() -> None:
    assert [size_text(size) for size in (900, 27_648, 1_572_864, 2_147_483_648)] == [
        "900B",
        "27KB",
        "1.5MB",
        "2GB",
    ]
