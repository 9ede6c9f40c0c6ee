"""What `nomemory` does while memory is short: messages of every kind, and every entry point of vmcodec on them."""

import json
from collections.abc import Callable
from typing import Any

import vmcodec
from msgspec import field
from nomemory import Operation, refused
from support import all_told, told
from vmcodec import BaseEvent, Decoder, Encoder, KVList, OpenIntEnum, _schema

# With dicts and lists, floats, large ints, escapes, text of all widths, unknown members, both forms of a time.
USUAL = (
    '{"id":"EventAgentNotReady","ThisDN":"7011","Server":65200,"time":{"seconds":1718001850,"useconds":573000},'
    '"AgentID":"Zoë","AgentWorkMode":4,"Reasons":{"ReasonCode":"Coffee","n":1.5e10,"big":%s,"deep":[1,[{"é":[]}]]},'
    '"Extensions":{"BusinessCall":1,"text":"\\u00e9\\n\\ud83d\\ude00","u":18446744073709551615},"more":{"x":[true,null,-2.5]},'
    '"another":"日本語"}' % ("9" * 60)
).encode()
PLAIN = (
    b'{"id":"EventAgentReady","ThisDN":"7012","Server":1,"time":1718001850573,"AgentWorkMode":"AutoIn","AgentID":"x%d"}'
)
UNKNOWN = '{"id":"EventRinging","ThisDN":"7011","Überschrift":{"a":[1,2,3]}}'.encode()
GOOD_ONES = [USUAL, PLAIN % 1, PLAIN % 2]
FREE = [USUAL, PLAIN % 1, UNKNOWN]
BAD: list[Any] = [
    *(USUAL, PLAIN % 3, UNKNOWN, None),
    *(USUAL[:-7], USUAL.replace(b'"7011"', b"7011"), b"", b"[]", 5, PLAIN.replace(b"AutoIn", b"Often"), PLAIN * 2),
    *('{"id":"EventDNOutOfService","ThisDN":"\ud800"}', bytearray(PLAIN % 4), memoryview(PLAIN % 5), "é"),
]
LINES = b"\n".join([*GOOD_ONES, UNKNOWN, b""])
BAD_LINES = b"\n".join(item for item in BAD if isinstance(item, bytes))


class Mood(OpenIntEnum):
    """An enumeration of the user's. No unlisted code of it is read: CPython 3.11's `enum` then runs forever."""

    Good = 1


class Own(BaseEvent, frozen=True, kw_only=True):
    """An event of the user's, with factories, and filled by its constructor."""

    mood: Mood | None = None
    some: list[Any] = field(default_factory=list)
    free: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Have the constructor called."""


OWN = b'{"id":"Own","mood":1,"free":{"k":{"l":[1.5]}},"more":1}'


def as_wire(message: bytes) -> bytes:
    """The message as vmcodec itself writes it, without what no attribute takes: msgspec reads that too."""
    members = json.loads(vmcodec.encode(vmcodec.decode(message)))
    return json.dumps({name: value for name, value in members.items() if name not in ("more", "another")}).encode()


def at_kv_list(raw: bytes) -> list[Any]:
    """A lazy value looked at in every way."""
    value = KVList(raw)
    seen = [len(value), value["a"], value.get("nothing"), "a" in value, list(value), list(value.values())]
    return [*seen, list(value.items()), repr(value), value == {}, value.to_dict(), value.raw]


def error_in_words(error: Any) -> list[Any]:
    """All that an error tells, each by its own name."""
    names = ("code", "index", "offset", "line", "column", "path", "event", "expected", "got", "raw")
    # No generator is unpacked: CPython 3.13.0 crashes where that fails, whatever it gives.
    told = [getattr(error, name) for name in names]
    return [told, str(error), repr(error)]


def table_told(table: Any) -> Any:
    """The rows of a table, and how many of its records were bad."""
    return all_told(table.to_events()), table.num_rows, table.errors.num_rows, table.column_names


def with_known_rows(classes: tuple[Any, ...], make: Callable[[tuple[Any, ...]], Any]) -> Callable[[], Any]:
    """What makes a decoder or encoder of classes that were lowered before.

    `typing.get_type_hints` and `msgspec.inspect`, which lower them, lose objects where memory is short, without
    vmcodec too.
    """
    usual, rows = _schema.lower, _schema.lower(classes)

    def call() -> Any:
        setattr(_schema, "lower", lambda _: rows)  # noqa: B010
        try:
            return make(classes)
        finally:
            setattr(_schema, "lower", usual)  # noqa: B010

    return call


def operations() -> list[Operation]:
    """The entry points."""
    plain: Decoder[Any] = Decoder()
    lazy: Decoder[Any] = Decoder(kv_lists="lazy")
    own: Decoder[Any] = Decoder(events=(*vmcodec.EVENTS, Own))
    encoder = Encoder(events=(*vmcodec.EVENTS, Own))
    events: list[Any] = own.decode_batch([*GOOD_ONES, UNKNOWN, OWN]) + lazy.decode_batch(GOOD_ONES)
    wrong: list[Any] = [*events, PLAIN]
    surrogate = vmcodec.EventDNOutOfService(this_dn="\ud800")
    errors: list[Any] = [result for result in plain.decode_batch(BAD, errors="return") if told(result) is not result]
    return [
        Operation("decode", lambda: plain.decode(USUAL)),
        Operation("decode, None", lambda: plain.decode(None)),
        Operation("decode, str", lambda: plain.decode('{"id":"EventDNOutOfService","ThisDN":"\U0001f600é"}')),
        Operation("decode, bytearray", lambda: plain.decode(bytearray(USUAL))),
        Operation("decode, bad", lambda: refused(plain.decode, USUAL[:-7])),
        Operation("decode, unknown", lambda: plain.decode(UNKNOWN)),
        Operation("decode_batch", lambda: plain.decode_batch([*GOOD_ONES, UNKNOWN, None])),
        Operation("decode_batch, iterable", lambda: plain.decode_batch(iter(GOOD_ONES))),
        Operation("decode_batch, lazy", lambda: lazy.decode_batch([*GOOD_ONES, UNKNOWN])),
        Operation("decode_batch, own", lambda: own.decode_batch([OWN, USUAL, OWN])),
        Operation("decode_batch, returned", lambda: plain.decode_batch(BAD, errors="return"), all_told),
        Operation("decode_batch, raised", lambda: refused(plain.decode_batch, [USUAL, b"{"])),
        Operation("decode_lines", lambda: plain.decode_lines(LINES)),
        Operation("decode_lines, returned", lambda: plain.decode_lines(BAD_LINES, errors="return"), all_told),
        Operation("iter_decode", lambda: list(plain.iter_decode([LINES[:50], LINES[50:]], batch_size=2))),
        Operation("iter_decode, buffer", lambda: list(lazy.iter_decode(memoryview(LINES)))),
        Operation("iter_decode, returned", lambda: list(plain.iter_decode(BAD_LINES, errors="return")), all_told),
        Operation("validate_batch", lambda: plain.validate_batch(BAD), all_told),
        Operation("validate_lines", lambda: plain.validate_lines(BAD_LINES), all_told),
        Operation("iter_validate", lambda: list(plain.iter_validate(BAD_LINES, threads=1)), all_told),
        Operation("encode", lambda: [encoder.encode(event) for event in events]),
        Operation("encode_batch", lambda: encoder.encode_batch(events)),
        Operation("encode_lines", lambda: encoder.encode_lines(events)),
        Operation("encode_batch, many", lambda: encoder.encode_batch(events * 10)),
        Operation("encode, bad", lambda: refused(encoder.encode_lines, wrong)),
        Operation("encode, surrogate", lambda: refused(encoder.encode, surrogate)),
        # Texts that were not read as UTF-8 yet: CPython makes that when it is asked.
        Operation(
            "encode, fresh", lambda: encoder.encode(vmcodec.EventDNOutOfService(this_dn="é" * (1 + len(events))))
        ),
        Operation("KVList", lambda: at_kv_list('{"a":[1,{"ü":1.5}],"b":{"c":null}}'.encode())),
        Operation("errors", lambda: [error_in_words(error) for error in errors]),
        Operation("Decoder", lambda: Decoder(only=[vmcodec.EventOffHook, vmcodec.UnknownEvent])._fast),
        Operation(
            "Decoder, own",
            with_known_rows((Own, vmcodec.EventOffHook), lambda classes: Decoder(events=classes).decode(OWN)),
        ),
        Operation("Encoder", with_known_rows((Own,), lambda classes: Encoder(events=classes).encode(events[4]))),
        Operation("decode_arrow", lambda: plain.decode_arrow(BAD, errors="return", threads=1), table_told),
        Operation("decode_arrow, lines", lambda: plain.decode_arrow(LINES, threads=1), table_told),
        Operation("decode_arrow, raised", lambda: refused(plain.decode_arrow, BAD)),
        Operation(
            "decode_arrow, keys",
            lambda: plain.decode_arrow(GOOD_ONES, keys=[b"a:b", "c:é", None], timestamps=[1, None, 2**40], threads=1),
            table_told,
        ),
        Operation(
            "iter_arrow",
            lambda: list(plain.iter_arrow(BAD_LINES, errors="return", batch_rows=2, threads=1)),
            tables_told,
        ),
        Operation("to_events", plain.decode_arrow(GOOD_ONES, threads=1).to_events),
        Operation("capsules", lambda: plain.decode_arrow(GOOD_ONES, threads=1).__arrow_c_array__() and None),
        Operation("arrow_schema", lambda: plain.arrow_schema(keys=True).names),
    ]


def tables_told(tables: list[Any]) -> list[Any]:
    """The rows of some tables."""
    return [table_told(table) for table in tables]
