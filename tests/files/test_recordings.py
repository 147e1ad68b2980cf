"""Kinds and durations of recordings, as browsers and other programs write them."""

import struct
import tracemalloc
from array import array
from contextlib import suppress
from io import BufferedReader, BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files import audio, mp4, webm
from files.audio import duration_ms, waveform
from files.mp4 import read_mp4
from files.recordings import LONGEST_MS, BrokenFile, Recording
from files.storage import FileStore
from files.webm import read_webm
from models.enums import AttachmentKind
from tests.files.reading import SAMPLES, inspect_bytes, sample

TOLERANCE_MS = 2
AUDIO, VIDEO = AttachmentKind.AUDIO, AttachmentKind.VIDEO

DURATIONS = [
    # What ffprobe finds: the end of the last packet, or what the header states.
    ("chromium-audio.webm", AUDIO, "audio/webm", 2459),
    ("chromium-audio.mp4", AUDIO, "audio/mp4", 2421),
    ("chromium-video.webm", VIDEO, "video/webm", 2421),
    ("chromium-video.mkv", VIDEO, "video/x-matroska", 2417),
    ("safari-audio.mp4", AUDIO, "audio/mp4", 2364),
    ("firefox-audio.ogg", AUDIO, "audio/ogg", 2300),
    ("plain-audio.m4a", AUDIO, "audio/mp4", 2364),
    ("plain-audio.webm", AUDIO, "audio/webm", 2308),
    ("plain-video.mp4", VIDEO, "video/mp4", 1128),
    ("audio.mp3", AUDIO, "audio/mpeg", 2376),
    ("audio.wav", AUDIO, "audio/wav", 2300),
    ("audio.flac", AUDIO, "audio/flac", 1000),
]


@pytest.mark.parametrize(("name", "kind", "content_type", "duration"), DURATIONS)
async def test_a_recording(
    directory: FileStore, name: str, kind: AttachmentKind, content_type: str, duration: int
) -> None:
    found = await inspect_bytes(directory, sample(name), "application/octet-stream")
    assert (found.kind, found.content_type) == (kind, content_type)
    assert found.duration_ms is not None
    assert abs(found.duration_ms - duration) <= TOLERANCE_MS


def test_every_sample_is_tested() -> None:
    assert {name for name, *_ in DURATIONS} == {file.name for file in SAMPLES.iterdir() if file.suffix != ".md"}


def test_what_is_left_of_a_live_recording_has_a_duration() -> None:
    content = sample("chromium-audio.webm")
    whole = read_webm(BytesIO(content)).duration_ms
    part = read_webm(BytesIO(content[: len(content) * 2 // 3])).duration_ms
    assert whole is not None
    assert part is not None
    assert 0.5 * whole < part < 0.8 * whole


def test_blocks_after_a_stated_duration_are_not_read() -> None:
    content = sample("plain-audio.webm")
    begin = content.index(b"\x1f\x43\xb6\x75")
    assert read_webm(BytesIO(content[: begin + 8])) == read_webm(BytesIO(content))


def test_ticks_of_another_length() -> None:
    content = bytearray(sample("chromium-audio.webm"))
    begin = content.index(b"\x2a\xd7\xb1\x83") + 4
    content[begin : begin + 3] = (500_000).to_bytes(3)
    assert read_webm(BytesIO(content)) == Recording(has_audio=True, has_video=False, duration_ms=1229)


def test_a_fragmented_recording_may_begin_late() -> None:
    """As a part of a longer stream does."""
    whole = sample("safari-audio.mp4")
    late = bytearray(whole)
    at = -1
    while (at := late.find(b"tfdt", at + 1)) >= 0:
        struct.pack_into(">Q", late, at + 8, struct.unpack_from(">Q", late, at + 8)[0] + 1_000_000)
    assert read_mp4(BytesIO(late)) == read_mp4(BytesIO(whole))


def test_fragments_without_times_follow_each_other() -> None:
    content = sample("safari-audio.mp4").replace(b"tfdt", b"free")
    assert read_mp4(BytesIO(content)).duration_ms == 2364


def box(type: bytes, *content: bytes) -> bytes:
    joined = b"".join(content)
    return struct.pack(">I4s", 8 + len(joined), type) + joined


def fragmented(*fragments: bytes) -> BytesIO:
    track = box(
        b"trak",
        box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 7)),
        box(b"mdia", box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0)), box(b"hdlr", bytes(8) + b"soun")),
    )
    defaults = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 7, 1, 30, 0, 0)))
    return BytesIO(box(b"ftyp", b"iso5") + box(b"moov", track, defaults) + b"".join(fragments))


def fragment(header: bytes, run: bytes) -> bytes:
    return box(b"moof", box(b"traf", box(b"tfhd", header), box(b"trun", run)))


def test_durations_of_samples() -> None:
    """They are stated for each sample, for a fragment, or for the track."""
    each = fragment(struct.pack(">II", 0, 7), struct.pack(">IIiIIII", 0x301, 2, 0, 10, 99, 20, 99))
    of_fragment = fragment(struct.pack(">IIQII", 0xB, 7, 0, 1, 50), struct.pack(">II", 0, 3))
    of_track = fragment(struct.pack(">II", 0, 7), struct.pack(">II", 0, 4))
    assert read_mp4(fragmented(each)).duration_ms == 30
    assert read_mp4(fragmented(of_fragment)).duration_ms == 150
    assert read_mp4(fragmented(of_track)).duration_ms == 120
    assert read_mp4(fragmented(each, of_fragment, of_track)).duration_ms == 300


def test_durations_that_cannot_be() -> None:
    endless = fragment(struct.pack(">II", 0, 7), struct.pack(">II", 0, 2**32 - 1))
    assert read_mp4(fragmented(endless)).duration_ms is None
    with pytest.raises(BrokenFile, match="fewer samples"):
        read_mp4(fragmented(fragment(struct.pack(">II", 0, 7), struct.pack(">III", 0x100, 1000, 5))))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1a\x45\xdf\xa3", b"\0" * 100, b"\x1a\x45\xdf\xa3\x80\xec\xff", b"\xec\x81\x00" * 10],
    ids=["empty", "cut off", "no number", "unknown size", "another type"],
)
def test_broken_webm(content: bytes) -> None:
    with pytest.raises(BrokenFile):
        read_webm(BytesIO(content))


def test_broken_mp4() -> None:
    with pytest.raises(BrokenFile, match="shorter than its header"):
        read_mp4(BytesIO(struct.pack(">I4s", 4, b"free")))
    with pytest.raises(BrokenFile, match="too large"):
        read_mp4(BytesIO(struct.pack(">I4s", 2**31, b"trun")))
    with pytest.raises(BrokenFile, match="too short"):
        read_mp4(BytesIO(box(b"mdhd")))


def test_the_number_of_steps_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webm, "ELEMENT_LIMIT", 100)
    monkeypatch.setattr(mp4, "BOX_LIMIT", 100)
    monkeypatch.setattr(audio, "READ_LIMIT", 100)
    with pytest.raises(BrokenFile, match="too many elements"):
        read_webm(BytesIO(b"\xec\x80" * 101))
    with pytest.raises(BrokenFile, match="too many boxes"):
        read_mp4(BytesIO(box(b"free") * 101))
    assert duration_ms(BytesIO(b"\xff\xfb\x10\x64" + bytes(10_000))) is None


async def test_containers_without_sound_and_picture_are_files(directory: FileStore) -> None:
    header = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"
    assert (await inspect_bytes(directory, header, "video/webm")).kind == AttachmentKind.FILE
    found = await inspect_bytes(directory, box(b"ftyp", b"heic", bytes(4), b"mif1heic"), "image/heic")
    assert (found.kind, found.content_type) == (AttachmentKind.FILE, "image/heif")


@pytest.mark.parametrize("content", [b"\xff\xfb\0\0 and no frame", b"ID3 and a text"])
async def test_the_first_bytes_are_no_proof_of_mp3(directory: FileStore, content: bytes) -> None:
    assert (await inspect_bytes(directory, content, "audio/mpeg")).kind == AttachmentKind.FILE


def test_a_large_cover_does_not_hide_the_duration() -> None:
    picture = b"\0image/jpeg\0\x03\0" + bytes(3_000_000)
    size = len(picture) + 10
    tag = b"ID3\x03\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    content = tag + b"APIC" + struct.pack(">IH", len(picture), 0) + picture + sample("audio.mp3")[45:]
    assert duration_ms(BytesIO(content)) == 2376


def test_lengths_that_a_file_claims_are_not_allocated() -> None:
    claimed = struct.pack("<I", 2**32 - 1)
    content = b"RIFF" + claimed + sample("audio.wav")[8:]
    for broken in (
        content.replace(b"fmt \x10\0\0\0", b"fmt " + claimed),
        content.replace(b"data\xe0\x47\0\0", b"data" + claimed),
    ):
        tracemalloc.start()
        duration_ms(BufferedReader(BytesIO(broken)))
        waveform(BufferedReader(BytesIO(broken)))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
        tracemalloc.stop()


def test_a_waveform_is_relative_to_the_loudest() -> None:
    samples = array("h", [100 * (1 + at // 10) * (-1) ** at for at in range(640)])
    peaks = waveform(BytesIO(wav(samples)))
    assert peaks is not None
    assert len(peaks) == 64
    assert (peaks[0], peaks[31], peaks[63]) == (1, 50, 100)
    assert waveform(BytesIO(wav(array("h", bytes(1000))))) == (0,) * 64
    assert waveform(BytesIO(wav(array("h", [-(2**15), 0] * 64)))) == (100,) * 64


def test_there_is_no_waveform_of_a_few_samples_or_of_other_formats() -> None:
    assert waveform(BytesIO(wav(array("h", [1] * 63)))) is None
    assert waveform(BytesIO(wav(array("h", [1] * 640), bits=8))) is None
    assert waveform(BytesIO(b"RIFF")) is None


def wav(samples: "array[int]", bits: int = 16) -> bytes:
    content = samples.tobytes()
    format = struct.pack("<HHIIHH", 1, 1, 8000, 1000 * bits, bits // 8, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + format + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@st.composite
def mutations(draw: st.DrawFn, *names: str) -> bytes:
    """Changed samples: with other bytes, with a part twice or missing, or cut off."""
    content = bytearray(sample(draw(st.sampled_from(names))))
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, min(len(content) - 1, 900)))
        content[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    start, end, to = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 3)))
    if draw(st.booleans()):
        content[to:to] = content[start:end]
    if draw(st.booleans()):
        del content[start:end]
    return bytes(content)


def assert_plausible(duration: int | None) -> None:
    assert duration is None or 0 < duration <= LONGEST_MS


@given(mutations("chromium-audio.webm", "chromium-video.webm", "plain-audio.webm", "chromium-video.mkv") | st.binary())
@settings(max_examples=500, deadline=None)
def test_any_bytes_as_webm(content: bytes) -> None:
    with suppress(BrokenFile):
        assert_plausible(read_webm(BytesIO(content)).duration_ms)


@given(mutations("safari-audio.mp4", "chromium-audio.mp4", "plain-audio.m4a", "plain-video.mp4") | st.binary())
@settings(max_examples=500, deadline=None)
def test_any_bytes_as_mp4(content: bytes) -> None:
    with suppress(BrokenFile):
        assert_plausible(read_mp4(BytesIO(content)).duration_ms)


@given(mutations("firefox-audio.ogg", "audio.mp3", "audio.wav", "audio.flac") | st.binary())
@settings(max_examples=500, deadline=None)
def test_any_bytes_as_other_audio(content: bytes) -> None:
    assert_plausible(duration_ms(BytesIO(content)))
    peaks = waveform(BytesIO(content))
    assert peaks is None or (len(peaks) == 64 and all(0 <= peak <= 100 for peak in peaks))
