"""Arrow arrays of others that are not as they should be: an error, never a read beyond their bytes, or an abort.

What they hold when they are in order is told in `test_arrow.py`.
"""

import struct
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
import vmcodec

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
OUTSIDE = r"Offset invariant failure|Invalid buffer"
FAR = 1 << 26  # beyond anything that could be mapped behind these bytes


def packed(form: str, *numbers: int) -> pa.Buffer:
    return pa.py_buffer(struct.pack(f"<{len(numbers)}{form}", *numbers))


def array(kind: pa.DataType, length: int, places: pa.Buffer) -> Any:
    return pa.Array.from_buffers(kind, length, [None, places, pa.py_buffer(OUT)])


def view(length: int, buffer: int, offset: int) -> pa.Buffer:
    return pa.py_buffer(struct.pack("<i4sii", length, OUT[:4], buffer, offset))


SMALL, LARGE, VIEWS = (
    (pa.binary(), pa.string()),
    (pa.large_binary(), pa.large_string()),
    (pa.binary_view(), pa.string_view()),
)
WRONG = {
    **{f"{kind}, beyond": array(kind, 2, packed("i", 0, FAR, len(OUT))) for kind in SMALL},
    **{f"{kind}, before": array(kind, 2, packed("i", 0, -FAR, len(OUT))) for kind in SMALL},
    **{f"{kind}, beyond": array(kind, 2, packed("q", 0, 1 << 40, len(OUT))) for kind in LARGE},
    **{f"{kind}, before": array(kind, 2, packed("q", 0, -1, len(OUT))) for kind in LARGE},
    **{f"{kind}, beyond": array(kind, 1, view(len(OUT), 0, FAR)) for kind in VIEWS},
    **{f"{kind}, too long": array(kind, 1, view(len(OUT) + 1, 0, 0)) for kind in VIEWS},
    **{f"{kind}, no such buffer": array(kind, 1, view(len(OUT), 7, 0)) for kind in VIEWS},
}


@pytest.mark.parametrize("name", WRONG)
def test_offsets_that_lead_out_of_the_bytes(name: str) -> None:
    wrong = WRONG[name]
    good = pa.array([OUT], wrong.type)
    assert vmcodec.decode_arrow(good).num_rows == 1
    for source in (wrong, pa.chunked_array([good, wrong])):
        with pytest.raises(ValueError, match=OUTSIDE):
            vmcodec.decode_arrow(source)
    with pytest.raises(ValueError, match=OUTSIDE):
        vmcodec.decode_arrow([OUT] * len(wrong), keys=wrong)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_strings_that_are_no_utf8_are_bad_records(kind: pa.DataType) -> None:
    data = [OUT, OUT.replace(b"7011", b"7\xff\xfe1"), OUT]
    for cut in (None, 1):
        strings = pa.array(data[cut:], pa.binary()).cast(pa.large_binary()).cast(pa.binary())
        strings = strings.view(pa.string()) if kind == pa.string() else strings.view(pa.string()).cast(kind)
        table = vmcodec.decode_arrow(strings, errors="return")
        assert pa.table(table.errors).select(["index", "code", "raw"]).to_pylist() == [
            {"index": 1 - (cut or 0), "code": "invalid_utf8", "raw": data[1]}
        ]


def once(**capsules: Any) -> Any:
    """An object that gives the same capsules every time, as it should not."""

    def giver(capsule: Any) -> Any:
        return lambda requested_schema=None: capsule

    return SimpleNamespace(**{name: giver(capsule) for name, capsule in capsules.items()})


def test_an_array_can_be_taken_once() -> None:
    good, more = pa.array([OUT]), pa.array([OUT, OUT])
    sources = [
        once(__arrow_c_array__=good.__arrow_c_array__()),
        once(__arrow_c_stream__=pa.chunked_array([good]).__arrow_c_stream__()),
    ]
    (schema, array), (_, other) = good.__arrow_c_array__(), more.__arrow_c_array__()
    assert vmcodec.decode_arrow(once(__arrow_c_array__=(schema, array))).num_rows == 1
    sources.append(once(__arrow_c_array__=(schema, other)))
    assert [vmcodec.decode_arrow(source).num_rows for source in sources[:2]] == [1, 1]
    for source in sources:
        with pytest.raises(ValueError, match="once"):
            vmcodec.decode_arrow(source)


def test_capsules_of_another_kind() -> None:
    good = pa.array([OUT])
    schema, array = good.__arrow_c_array__()
    stream = pa.chunked_array([good]).__arrow_c_stream__()
    for source in (
        once(__arrow_c_array__=(array, schema)),
        once(__arrow_c_array__=(stream, stream)),
        once(__arrow_c_stream__=schema),
    ):
        with pytest.raises(ValueError, match="PyCapsule"):
            vmcodec.decode_arrow(source)
    assert vmcodec.decode_arrow(once(__arrow_c_array__=(schema, array))).num_rows == 1
