"""Labelled files from folders and tables, and what is refused with its cure."""

import zipfile

import pytest

from bonaface.bench.check_index import Shelf, read_listing, read_untouched
from bonaface.terms.errors import MissingFileError, NothingToDoError, UnreadableMediaError, UsageError


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def table(folder, *lines, name="index.csv"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def test_two_folders_with_folders_inside_and_what_is_of_one_name_belongs_together(tmp_path):
    put(tmp_path, "real/a/1.jpg", "real/2.png", "fake/a/1.mp4", "fake/deep/er/3.jpg", "fake/notes.txt", "other/4.jpg")
    items = read_listing(tmp_path).items
    assert {(item.name, item.fake) for item in items} == {
        ("real/a/1.jpg", False), ("real/2.png", False), ("fake/a/1.mp4", True), ("fake/deep/er/3.jpg", True),
    }  # fmt: skip
    group = {item.name: item.group for item in items}
    assert group["real/a/1.jpg"] == group["fake/a/1.mp4"]
    assert len(set(group.values())) == 3
    assert not any(item.original for item in items)  # only a table says what was made of what


def test_a_table_names_originals_groups_and_more(tmp_path):
    put(tmp_path, "a.jpg", "sub/b.jpg", "c.jpg")
    lines = "file,label,original,group,sex", "a.jpg,real,a.jpg,7,f", "sub/b.jpg,FAKE,a.jpg,7,f", "c.jpg,real,,8,"
    listing = read_listing(table(tmp_path, *lines))
    a, b, c = listing.items
    assert (a.fake, b.fake, c.fake) == (False, True, False)
    assert (a.original, b.original) == ("", "a.jpg")
    assert (a.group, b.group, c.group) == ("7", "7", "8")
    assert b.traits == {"sex": "f"}
    assert b.path == tmp_path / "sub" / "b.jpg"
    assert "column group" in listing.grouped_by


def test_without_groups_a_fake_belongs_to_its_original(tmp_path):
    put(tmp_path, "a.jpg", "b.jpg")
    listing = read_listing(table(tmp_path, "file,label,original", "a.jpg,real,", "b.jpg,fake,a.jpg"))
    assert [item.group for item in listing.items] == ["a.jpg", "a.jpg"]
    assert "sources" in listing.grouped_by


@pytest.fixture
def zipped(tmp_path):
    for archive, names in (("one.zip", "ab"), ("two.zip", "cd")):
        with zipfile.ZipFile(tmp_path / archive, "w") as opened:
            for name in names:
                opened.writestr(f"{name}.jpg", name * 3)
    table(
        tmp_path, "file,archive,split,label,original,identity_cluster,identity_fine,width_px",
        "a.jpg,one.zip,test,real,a.jpg,1,11,90", "b.jpg,one.zip,test,fake,a.jpg,1,11,90",
        "c.jpg,two.zip,train,real,c.jpg,2,12,80", "d.jpg,two.zip,train,fake,c.jpg,2,12,80",
    )  # fmt: skip
    return tmp_path


def test_files_inside_zips_are_read_from_there_split_by_split(zipped):
    listing = read_listing(zipped, split="test")
    assert [item.name for item in listing.items] == ["a.jpg", "b.jpg"]
    assert "identity_cluster" in listing.grouped_by
    assert listing.items[0].traits == {"width_px": "90"}
    with Shelf() as shelf:
        assert [shelf.read(item) for item in read_listing(zipped).items] == [b"aaa", b"bbb", b"ccc", b"ddd"]
    assert sorted(path.name for path in zipped.iterdir()) == ["index.csv", "one.zip", "two.zip"]  # nothing unpacked


def test_without_a_column_that_names_the_zip_all_beside_the_table_are_searched(zipped):
    table(zipped, "file,person", "d.jpg,x", "a.jpg,y")
    listing = read_untouched(zipped)
    assert [(item.path.name, item.member, item.group) for item in listing.items] == [
        ("two.zip", "d.jpg", "x"), ("one.zip", "a.jpg", "y"),
    ]  # fmt: skip
    assert not any(item.fake for item in listing.items)


def test_a_folder_of_untouched_files_needs_no_table(tmp_path):
    put(tmp_path, "x/1.jpg", "2.png", "notes.txt")
    assert [item.name for item in read_untouched(tmp_path).items] == ["2.png", "x/1.jpg"]
    assert [item.name for item in read_untouched(tmp_path, first=1).items] == ["2.png"]
    (tmp_path / "none").mkdir()
    with pytest.raises(NothingToDoError, match="name a folder of untouched files"):
        read_untouched(tmp_path / "none")


def test_the_first_sources_come_with_their_fakes_and_without_a_table_so_many_of_each(zipped, tmp_path):
    assert [item.name for item in read_listing(zipped, first=1).items] == ["a.jpg", "b.jpg"]
    folder = tmp_path / "plain"
    put(folder, *(f"{label}/{name}.jpg" for label in ("real", "fake") for name in ("1", "2", label)))
    assert [item.name for item in read_listing(folder, first=2).items] == [
        "real/1.jpg", "real/2.jpg", "fake/1.jpg", "fake/2.jpg",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="--first"):
        read_listing(folder, first=0)


# ---- refusals ----


def test_an_empty_folder_is_refused_with_the_layout(tmp_path):
    with pytest.raises(NothingToDoError, match="is empty; put untouched files into real/"):
        read_listing(tmp_path)


def test_a_folder_of_another_layout_is_refused(tmp_path):
    put(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match=r"neither real/ and fake/ nor index\.csv"):
        read_listing(tmp_path)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(MissingFileError, match="name a folder with real/ and fake/, or a CSV"):
        read_listing(tmp_path / "nowhere")


@pytest.mark.parametrize("label", ["real", "fake"])
def test_one_class_alone_is_refused(tmp_path, label):
    put(tmp_path, f"{label}/a.jpg")
    other = "fake" if label == "real" else "real"
    with pytest.raises(UsageError, match=f"nothing labelled {other}; both"):
        read_listing(tmp_path)
    with pytest.raises(UsageError, match=f"nothing labelled {other}; both"):
        read_listing(table(tmp_path, "file,label", f"{label}/a.jpg,{label}"))


@pytest.mark.parametrize(
    ("head", "part"), [("file,truth", "no column label"), ("name,label", "no column file"), ("x", "file and no column")]
)
def test_missing_columns_are_named(tmp_path, head, part):
    with pytest.raises(UsageError, match=part):
        read_listing(table(tmp_path, head, "a.jpg,real"))


def test_missing_files_are_counted_and_the_first_is_named(tmp_path):
    put(tmp_path, "a.jpg")
    with pytest.raises(MissingFileError, match=r"2 files that are not there \('b.jpg' is the first\); write"):
        read_listing(table(tmp_path, "file,label", "a.jpg,real", "b.jpg,fake", "c.jpg,fake"))


def test_a_zip_that_lacks_a_file_or_is_none_is_refused(zipped):
    table(zipped, "file,archive,label", "a.jpg,two.zip,real", "d.jpg,two.zip,fake")
    with pytest.raises(MissingFileError, match=r"1 files .*'a\.jpg'"):
        read_listing(zipped)
    (zipped / "two.zip").write_bytes(b"PK no more")
    with pytest.raises(UnreadableMediaError, match=r"two\.zip is no zip"):
        read_listing(zipped)


def test_another_label_is_refused_with_its_row(tmp_path):
    put(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match=r"'genuine' of 'a\.jpg' \(row 2\); write real or fake"):
        read_listing(table(tmp_path, "file,label", "a.jpg,genuine"))


def test_a_split_that_cannot_be_is_refused(tmp_path):
    put(tmp_path, "real/a.jpg", "fake/b.jpg")
    with pytest.raises(UsageError, match="two folders; leave it out"):
        read_listing(tmp_path, split="test")
    with pytest.raises(UsageError, match="no column split"):
        read_listing(table(tmp_path, "file,label", "real/a.jpg,real"), split="test")


def test_a_split_without_rows_has_nothing_to_measure(zipped):
    with pytest.raises(NothingToDoError, match="another --split"):
        read_listing(zipped, split="validation")


def test_a_picture_is_no_table(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(UsageError, match="no CSV in UTF-8"):
        read_listing(tmp_path / "a.png")
