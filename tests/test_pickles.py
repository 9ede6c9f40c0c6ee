"""Pickles and copies of every public object: an equal one, or the TypeError that the guide tells of.

A name that is new in a public module must be added to `EXAMPLES`.
"""

import copy
import importlib
import pickle
import types
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import vmcodec
import vmcodec.arrow
import vmcodec.kafka
import vmcodec.synthetic
from support import run_python
from vmcodec import DecodeError, Decoder, EncodeError, Encoder, KVList, UnknownEvent
from vmcodec.kafka import EventDeserializer, Record
from vmcodec.spark import DecodeInArrow, decode_in_arrow
from vmcodec.synthetic import Chance

MODULES = ["", ".arrow", ".errors", ".enums", ".kafka", ".samples", ".schemas", ".spark", ".synthetic"]
FULL = (
    '{"id":"EventAgentNotReady","ThisDN":"7","Server":"x","time":{"seconds":1,"useconds":2},"AgentID":"a",'
    '"AgentWorkMode":77,"Reasons":{"k":[1,{"l":2.5}]},"new":{"er":[true,null]}}'
)
LAZY: Any = Decoder(kv_lists="lazy").decode(FULL)
[BAD] = vmcodec.validate_batch([b'{"id":7}'])
TABLE = vmcodec.decode_arrow([FULL, b"{"], errors="return")


def record(event: Any) -> Record[Any]:
    return Record(event, "tenant", "agent", "topic", 1, 2, 3, {"a": "message"})


def not_written() -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        vmcodec.encode(5)  # type: ignore[arg-type]
    return caught.value


def told(value: Any) -> Any:
    """What makes two of them equal, where `==` does not tell."""
    if isinstance(value, DecodeError | EncodeError):
        return value.__reduce__(), str(value), value.args, value.__cause__, value.__context__
    if isinstance(value, Record):
        return [told(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, EventDeserializer):
        return value._arguments, value(FULL), told(value(b"{")) if value._returns else None
    if isinstance(value, DecodeInArrow):
        return value.value, value.keep, value.key, value.options
    if isinstance(value, Chance):
        return copy.deepcopy(value)._random.getstate()
    return type(value), value


def deserializer(**options: Any) -> EventDeserializer:
    return EventDeserializer(**options)


def made(event: Any) -> Any:
    return event(**dict.fromkeys(event.__struct_fields__, 1))


# An object of each class and kind that is public, by the name of its class.
EXAMPLES: dict[str, list[Any]] = {
    **{event.__name__: [made(event)] for event in vmcodec.EVENTS},
    "EventAgentNotReady": [vmcodec.decode(FULL), LAZY],
    "Time": [vmcodec.Time(-1, 999_999), vmcodec.Time(2**63 - 1, 0)],
    "UnknownEvent": [UnknownEvent("X", b'{"id":"X"}')],
    "KVList": [LAZY.reasons, KVList(b"{}"), KVList(b' {"a": [1e5]} '.strip())],
    "DecodeError": [BAD, vmcodec.decode_batch([b"", b"{"], errors="return")[1]],
    "EncodeError": [not_written()],
    **{
        enum.__name__: [*enum, enum(77), enum(2**64 - 1)]
        for enum in (
            vmcodec.AgentWorkMode,
            vmcodec.CallState,
            vmcodec.CallType,
            vmcodec.InfoStatus,
            vmcodec.ThisDNRole,
        )
    },
    "Record": [record(LAZY), record(BAD), record(None)],
    "DeadLetter": [vmcodec.kafka.DeadLetter(key=None, value=b"x", headers=[("a", b"b")])],
    "EventDeserializer": [deserializer(), deserializer(errors="return", kv_lists="lazy", max_depth=7)],
    "Written": [vmcodec.arrow.Written(1, 2)],
    "Dated": [next(vmcodec.synthetic.events())],
    "Chance": [Chance(1, 2)],
    "DecodeInArrow": [decode_in_arrow(), decode_in_arrow("v", keep=["k"], key="k", unknown="error")],
}
# They hold native state, a place in a stream or memory that other libraries share.
REFUSED: dict[str, Callable[[], Any]] = {
    "Decoder": Decoder,
    "Encoder": Encoder,
    "EventIterator": lambda: vmcodec.iter_decode([b""]),
    "ErrorIterator": lambda: vmcodec.iter_validate([b""]),
    "EventTableIterator": lambda: vmcodec.iter_arrow([b""]),
    "EventTable": lambda: TABLE,
    "ArrowTable": lambda: TABLE.errors,
    "ArrowSchema": lambda: Decoder().arrow_schema(),
}
# Bases, names of types, and what holds a producer of another library.
OTHERS = {"BaseEvent", "OpenIntEnum", "AgentID", "Event", "DeadLetters"}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def public() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in MODULES:
        module = importlib.import_module("vmcodec" + name)
        found |= {public: getattr(module, public) for public in getattr(module, "__all__", ())}
    return found


def test_every_public_class_is_in_the_tables() -> None:
    classes = {name for name, value in public().items() if isinstance(value, type)}
    assert classes - OTHERS == (EXAMPLES.keys() | REFUSED.keys()) - OTHERS
    assert not EXAMPLES.keys() & REFUSED.keys()
    for name, examples in EXAMPLES.items():
        assert examples
        assert {type(example).__name__ for example in examples} in ({name}, {"dict"})
    for name, make in REFUSED.items():
        assert type(make()).__name__ == name


def test_every_public_value_is_of_a_kind_that_is_looked_at() -> None:
    kinds = (type, types.FunctionType, types.BuiltinMethodType, tuple, str, dict)
    assert {name for name, value in public().items() if not isinstance(value, kinds)} <= OTHERS


@pytest.mark.parametrize("name", EXAMPLES)
def test_pickles_and_copies_are_equal(name: str) -> None:
    for example in EXAMPLES[name]:
        wanted = told(example)
        for protocol in PROTOCOLS:
            pickled = pickle.dumps(example, protocol)
            assert told(pickle.loads(pickled)) == wanted
            assert told(pickle.loads(pickle.dumps(pickle.loads(pickled), protocol))) == wanted
        for copied in (copy.copy(example), copy.deepcopy(example)):
            assert told(copied) == wanted
        assert told(example) == wanted


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_copied_says_so(name: str) -> None:
    thing = REFUSED[name]()
    calls: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy]
    calls += [partial(pickle.dumps, protocol=protocol) for protocol in PROTOCOLS[2:]]
    for call in calls:
        with pytest.raises(TypeError, match=rf"^cannot pickle 'vmcodec\.{name}' object$"):
            call(thing)
    # Protocols of Python 2 write some of them, and find out when they read.
    for protocol in PROTOCOLS[:2]:
        with pytest.raises(TypeError, match=rf"^cannot pickle '{name}'|vmcodec\.{name}\) is not safe"):
            pickle.loads(pickle.dumps(thing, protocol))


def test_functions() -> None:
    """Those that are methods of the package's own decoder are as little pickled as it is; all can be copied."""
    for value in public().values():
        if isinstance(value, types.FunctionType):
            assert pickle.loads(pickle.dumps(value)) is value
        if isinstance(value, types.BuiltinMethodType):
            with pytest.raises(TypeError, match=r"cannot pickle 'vmcodec\.(De|En)coder' object"):
                pickle.dumps(value)
            assert copy.copy(value) is copy.deepcopy(value) is value


def test_a_deserializer_is_pickled_with_its_options_and_not_with_a_decoder() -> None:
    with pytest.raises(TypeError, match=r"cannot pickle 'vmcodec\.Decoder' object"):
        pickle.dumps(EventDeserializer(Decoder()))


def test_a_copy_shares_no_more_than_it_should() -> None:
    event: Any = vmcodec.decode(FULL)
    shallow, deep = copy.copy(event), copy.deepcopy(event)
    assert shallow.reasons is event.reasons
    assert deep.reasons is not event.reasons
    assert LAZY.reasons is not None
    lazy: Any = copy.deepcopy(LAZY.reasons)
    lazy["k"].append("changed")
    assert len(LAZY.reasons["k"]) == 2


def test_pickles_are_read_by_another_process() -> None:
    pickles = [pickle.dumps(example) for examples in EXAMPLES.values() for example in examples]
    code = "import pickle, sys; print(len([pickle.loads(bytes.fromhex(text)) for text in sys.argv[1].split()]))"
    assert run_python(code, " ".join(map(bytes.hex, pickles))) == f"{len(pickles)}\n"
