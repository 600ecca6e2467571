"""Pictures of every type come upright, whole and with what belongs to them, and go out as they came."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from bonaface.media.encode import write_image
from bonaface.media.image import read_image
from bonaface.media.kind import kind_of
from bonaface.terms.errors import MissingFileError, MissingPartError, UnreadableMediaError

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def ramp() -> np.ndarray:
    """Smooth, and different in every corner."""
    rows = np.add.outer(np.arange(48) * 4, np.arange(64))
    return (rows[..., None] + [0, 20, 5]).astype(np.uint8)


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The EXIF specification's table, by Pillow's own operations."""
    ways = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    image = Image.fromarray(pixels)
    return np.asarray(image.transpose(ways[orientation]) if orientation in ways else image)


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Camera"
    return exif


def there_and_back(source: Path, folder: Path) -> tuple[np.ndarray, Image.Image]:
    """Read a file, write it again, and return the pixels that were read and what an outsider sees of the result."""
    picture = read_image(source)
    out = folder / f"out{source.suffix}"
    write_image(picture, out)
    image = Image.open(out)
    image.load()
    return picture.rgb, image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "avif", "tiff"])
def test_pictures_come_upright_and_leave_upright(tmp_path: Path, ending: str, orientation: int) -> None:
    source = tmp_path / f"a.{ending}"
    options = {} if ending in ("png", "tiff") else {"quality": 95}
    Image.fromarray(ramp()).save(source, exif=exif_of(orientation), **options)
    rgb, out = there_and_back(source, tmp_path)
    wanted = turned(ramp(), orientation)
    assert rgb.shape == wanted.shape
    assert np.abs(rgb.astype(int) - wanted).mean() < 3
    assert out.getexif().get(0x0112, 1) == 1
    assert np.abs(np.asarray(out.convert("RGB")).astype(int) - wanted).mean() < 3
    assert ending == "tiff" or out.getexif()[0x010F] == "Camera"


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay_exact_with_alpha_and_profile(tmp_path: Path, ending: str, channels: int) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (40, 50, channels), np.uint16)
    source = tmp_path / f"deep.{ending}"
    cv2.imwrite(str(source), deep)
    picture = read_image(source)
    assert picture.rgb.dtype == np.uint16
    assert picture.grey == (channels == 1)
    out = tmp_path / f"out.{ending}"
    write_image(Image_with_profile(picture), out)
    again = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(again.reshape(deep.shape), deep)
    with Image.open(out) as image:
        assert image.info.get("icc_profile") == (None if channels == 1 else SRGB)


def Image_with_profile(picture):  # noqa: N802
    from dataclasses import replace

    return replace(picture, icc=SRGB)


def test_a_turned_png_of_sixteen_bits_keeps_its_exif(tmp_path: Path) -> None:
    deep = ramp().astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "plain.png"), deep[..., ::-1])
    content = (tmp_path / "plain.png").read_bytes()
    body = b"eXIf" + exif_of(6).tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "turned.png").write_bytes(content[:33] + chunk + content[33:])
    picture = read_image(tmp_path / "turned.png")
    np.testing.assert_array_equal(picture.rgb, np.rot90(deep, -1))
    write_image(picture, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert (image.getexif()[0x0112], image.getexif()[0x010F]) == (1, "Camera")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "avif", "tiff"])
def test_the_colour_profile_stays(tmp_path: Path, ending: str) -> None:
    Image.fromarray(ramp()).save(tmp_path / f"a.{ending}", icc_profile=SRGB)
    _, out = there_and_back(tmp_path / f"a.{ending}", tmp_path)
    assert out.info["icc_profile"] == SRGB


@pytest.mark.parametrize("ending", ["png", "webp", "tiff", "avif"])
def test_transparency_stays(tmp_path: Path, ending: str) -> None:
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    options = {"lossless": True, "exact": True} if ending == "webp" else {}
    Image.fromarray(np.dstack([ramp(), alpha])).save(tmp_path / f"a.{ending}", **options)
    _, out = there_and_back(tmp_path / f"a.{ending}", tmp_path)
    assert out.mode == "RGBA"
    assert np.abs(np.asarray(out)[..., 3].astype(int) - alpha).mean() < 2


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff", "avif"])
def test_grey_pictures_stay_grey(tmp_path: Path, ending: str) -> None:
    Image.fromarray(ramp()[..., 0]).save(tmp_path / f"a.{ending}")
    rgb, out = there_and_back(tmp_path / f"a.{ending}", tmp_path)
    assert rgb.shape == (48, 64, 3)
    seen = np.asarray(out.convert("RGB")).astype(int)
    assert np.abs(seen - seen[..., :1]).max() <= 2
    assert ending in ("webp", "avif") or out.mode == "L"


def test_four_inks_become_colours(tmp_path: Path) -> None:
    Image.fromarray(ramp()).convert("CMYK").save(tmp_path / "inks.jpg", quality=95)
    rgb, out = there_and_back(tmp_path / "inks.jpg", tmp_path)
    assert out.mode == "RGB"
    assert np.abs(rgb.astype(int) - ramp()).mean() < 3


def test_a_palette_with_transparency_becomes_colours_with_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(ramp()).quantize(32)
    image.save(tmp_path / "palette.png", transparency=image.getpixel((0, 0)))
    picture = read_image(tmp_path / "palette.png")
    assert picture.alpha is not None
    assert picture.alpha[0, 0] == 0
    assert picture.alpha[-1, -1] == 255


def test_the_thumbnail_of_the_picture_that_was_does_not_survive(tmp_path: Path) -> None:
    small = io.BytesIO()
    Image.fromarray(ramp()).resize((16, 12)).save(small, "JPEG")
    held = small.getvalue()
    first = struct.pack("<HHHIHHI", 1, 0x112, 3, 1, 1, 0, 26)
    second = struct.pack("<HHHIIHHII", 2, 0x201, 4, 1, 56, 0x202, 4, 1, len(held)) + bytes(4)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + second + held
    Image.fromarray(ramp()).save(tmp_path / "a.jpg", exif=exif)
    assert held in (tmp_path / "a.jpg").read_bytes()
    there_and_back(tmp_path / "a.jpg", tmp_path)
    assert held not in (tmp_path / "out.jpg").read_bytes()


@pytest.mark.parametrize("ending", ["webp", "png", "tiff"])
def test_of_a_picture_that_moves_the_first_frame_is_taken_and_it_is_said(tmp_path: Path, ending: str) -> None:
    frames = [Image.fromarray(np.roll(ramp(), 9 * k, 1)) for k in range(3)]
    options = {"lossless": True} if ending == "webp" else {}
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:], **options)
    picture = read_image(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(picture.rgb, ramp())
    (remark,) = picture.remarks
    assert "3 pictures" in remark


def test_heic_without_the_extra_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(100))
    with pytest.raises(MissingPartError, match=r"bonaface\[heic\]"):
        read_image(tmp_path / "a.heic")


def test_heic_with_the_extra_is_read_upright(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    Image.fromarray(ramp()).save(tmp_path / "a.heic", exif=exif_of(6))
    assert np.abs(read_image(tmp_path / "a.heic").rgb.astype(int) - turned(ramp(), 6)).mean() < 3


# ---- bad input ----


def one_chunk_png(width: int, height: int, name: bytes = b"IDAT", body: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(name, body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.jpg", b"hello, this is a text" * 20),
        ("cut.png", one_chunk_png(20, 20, b"IDAT", zlib.compress(bytes(30)))),
        ("nothing.png", b"\x89PNG\r\n\x1a\n"),
        ("head.png", one_chunk_png(20, 20)[:30]),
        ("wide.png", one_chunk_png(60_000, 60_000)),
        ("less wide.png", one_chunk_png(15_000, 15_000)),
        ("text bomb.png", one_chunk_png(20, 20, b"zTXt", b"a\0\0" + zlib.compress(bytes(100 << 20)))),
        ("profile bomb.png", one_chunk_png(20, 20, b"iCCP", b"a\0\0" + zlib.compress(bytes(100 << 20)))),
        ("cut.webp", b"RIFF\x40\0\0\0WEBPVP8 " + bytes(20)),
        ("cut.avif", struct.pack(">I", 24) + b"ftypavif" + bytes(60)),
        ("cut.tiff", b"II*\0\x08\0\0\0\xff\xff"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_and_hostile_pictures_are_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableMediaError) as caught:
        read_image(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
def test_a_truncated_picture_is_refused(tmp_path: Path, ending: str) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (80, 80, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / f"a.{ending}")
    content = (tmp_path / f"a.{ending}").read_bytes()
    (tmp_path / f"a.{ending}").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableMediaError, match="damaged"):
        read_image(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff", "avif", "bmp"])
def test_whatever_damage_is_either_read_or_refused(tmp_path: Path, ending: str) -> None:
    Image.fromarray(ramp()).save(tmp_path / f"a.{ending}")
    content = (tmp_path / f"a.{ending}").read_bytes()
    rng = np.random.default_rng(11)
    for _ in range(120):
        damaged = bytearray(content)
        for at in rng.integers(0, min(len(content), 600), 6):
            damaged[at] = rng.integers(256)
        (tmp_path / f"b.{ending}").write_bytes(damaged)
        try:
            assert read_image(tmp_path / f"b.{ending}").rgb.ndim == 3
        except UnreadableMediaError as error:
            assert "\n" not in str(error)


def test_an_unknown_depth_is_refused(tmp_path: Path) -> None:
    Image.fromarray(ramp()[..., 0].astype(np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(UnreadableMediaError, match="16 bits"):
        read_image(tmp_path / "a.tiff")


def test_empty_files_folders_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    for read in (read_image, kind_of):
        with pytest.raises(UnreadableMediaError, match="empty"):
            read(tmp_path / "empty.jpg")
        with pytest.raises(MissingFileError, match="folder"):
            read(tmp_path)
        with pytest.raises(MissingFileError, match="exist"):
            read(tmp_path / "none.jpg")


@pytest.mark.parametrize(
    "content",
    [
        "hello world\n" * 500,
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nother.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile other.mp4\n",
        "1\n00:00:00,000 --> 00:00:02,000\nA caption.\n\n" * 40,
    ],
    ids=["text", "play list", "script", "captions"],
)
@pytest.mark.parametrize("ending", ["mp4", "txt"])
def test_texts_and_play_lists_are_no_media_whatever_their_name(tmp_path: Path, content: str, ending: str) -> None:
    (tmp_path / f"clip.{ending}").write_text(content)
    with pytest.raises(UnreadableMediaError):
        kind_of(tmp_path / f"clip.{ending}")
