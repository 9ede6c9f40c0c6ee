# The types of the native module; stubtest checks them against it. Docstrings live with the Rust code.
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from types import GenericAlias
from typing import Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, final, overload

from msgspec import Struct
from typing_extensions import Buffer, CapsuleType, disjoint_base

from .events import Event, UnknownEvent

__all__ = [
    "DECODE_CODES",
    "ENCODE_CODES",
    "ArrowSchema",
    "ArrowTable",
    "ChunkIterator",
    "DecodeError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "ErrorIterator",
    "EventIterator",
    "EventTable",
    "EventTableIterator",
    "KVList",
]

DECODE_CODES: tuple[str, ...]
ENCODE_CODES: tuple[str, ...]

_T = TypeVar("_T")  # what a good record gives
_R_co = TypeVar("_R_co", covariant=True)
_Record: TypeAlias = bytes | bytearray | memoryview | str

_KVLists: TypeAlias = Literal["dict", "lazy", "skip"]
_Extra: TypeAlias = Literal["keep", "ignore", "forbid"]
_Unknown: TypeAlias = Literal["keep", "error"]
_Framing: TypeAlias = Literal["none", "confluent"]
_Errors: TypeAlias = Literal["raise", "return"]
_Rows: TypeAlias = Literal["all", "events"]

class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None, /) -> tuple[Any, Any]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None, /) -> Any: ...

_Arrow: TypeAlias = _ArrowArray | _ArrowStream
_Source: TypeAlias = str | PathLike[str] | _Readable | Buffer | Iterable[bytes | bytearray | memoryview]

@final
class DecodeError(ValueError):
    def __new__(
        cls,
        code: str,
        index: int = 0,
        offset: int = 0,
        line: int | None = None,
        path: str = "$",
        event: str | None = None,
        expected: str = "",
        got: str | None = None,
        raw: bytes | None = None,
    ) -> Self: ...
    def __init__(
        self,
        code: str,
        index: int = 0,
        offset: int = 0,
        line: int | None = None,
        path: str = "$",
        event: str | None = None,
        expected: str = "",
        got: str | None = None,
        raw: bytes | None = None,
    ) -> None: ...
    @property
    def code(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def line(self) -> int | None: ...
    @property
    def column(self) -> int | None: ...
    @property
    def path(self) -> str: ...
    @property
    def event(self) -> str | None: ...
    @property
    def expected(self) -> str: ...
    @property
    def got(self) -> str | None: ...
    @property
    def raw(self) -> bytes | None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class EncodeError(ValueError):
    def __new__(
        cls,
        code: str,
        index: int = 0,
        path: str = "$",
        event: str | None = None,
        expected: str = "",
        got: str | None = None,
    ) -> Self: ...
    def __init__(
        self,
        code: str,
        index: int = 0,
        path: str = "$",
        event: str | None = None,
        expected: str = "",
        got: str | None = None,
    ) -> None: ...
    @property
    def code(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def event(self) -> str | None: ...
    @property
    def expected(self) -> str: ...
    @property
    def got(self) -> str | None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class EventIterator(Generic[_R_co]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> _R_co: ...
    def close(self) -> None: ...

@final
class ArrowSchema:
    def __arrow_c_schema__(self) -> CapsuleType: ...
    @property
    def names(self) -> list[str]: ...

@disjoint_base
class ArrowTable:
    def __arrow_c_schema__(self) -> CapsuleType: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[CapsuleType, CapsuleType]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType: ...
    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...

@final
class EventTable(ArrowTable):
    @property
    def errors(self) -> ArrowTable: ...
    def to_events(self) -> list[Any]: ...

@final
class ChunkIterator:
    def __new__(cls, source: _Source) -> Self: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> bytes: ...
    @property
    def position(self) -> int | None: ...

@final
class ErrorIterator:
    def __iter__(self) -> Self: ...
    def __next__(self) -> DecodeError: ...
    @property
    def records(self) -> int: ...
    @property
    def position(self) -> int | None: ...
    def close(self) -> None: ...

@final
class EventTableIterator:
    def __iter__(self) -> Self: ...
    def __next__(self) -> EventTable: ...
    def __arrow_c_schema__(self) -> CapsuleType: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType: ...
    @property
    def errors(self) -> ArrowTable: ...
    @property
    def position(self) -> int | None: ...
    def close(self) -> None: ...

@final
class KVList(Mapping[str, Any]):
    def __new__(cls, raw: bytes) -> Self: ...
    @property
    def raw(self) -> bytes: ...
    def to_dict(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, key: str, /) -> Any: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Decoder(Generic[_T]):
    @overload
    def __new__(
        cls,
        *,
        events: None = None,
        kv_lists: _KVLists = "dict",
        extra: _Extra = "keep",
        unknown: _Unknown = "keep",
        only: None = None,
        framing: _Framing = "none",
        max_depth: int = 128,
        max_size: int = 16777216,
    ) -> Decoder[Event | UnknownEvent]: ...
    @overload
    def __new__(
        cls,
        *,
        events: None = None,
        kv_lists: _KVLists = "dict",
        extra: _Extra = "keep",
        unknown: _Unknown = "keep",
        only: Iterable[type[Struct]],
        framing: _Framing = "none",
        max_depth: int = 128,
        max_size: int = 16777216,
    ) -> Decoder[Event | UnknownEvent | None]: ...
    @overload
    def __new__(
        cls,
        *,
        events: Iterable[type[Struct]],
        kv_lists: _KVLists = "dict",
        extra: _Extra = "keep",
        unknown: _Unknown = "keep",
        only: None = None,
        framing: _Framing = "none",
        max_depth: int = 128,
        max_size: int = 16777216,
    ) -> Decoder[Struct]: ...
    @overload
    def __new__(
        cls,
        *,
        events: Iterable[type[Struct]],
        kv_lists: _KVLists = "dict",
        extra: _Extra = "keep",
        unknown: _Unknown = "keep",
        only: Iterable[type[Struct]],
        framing: _Framing = "none",
        max_depth: int = 128,
        max_size: int = 16777216,
    ) -> Decoder[Struct | None]: ...
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...
    @overload
    def decode(self, data: None) -> None: ...
    @overload
    def decode(self, data: _Record) -> _T: ...
    @overload
    def decode_batch(self, messages: Iterable[_Record], errors: Literal["raise"] = "raise") -> list[_T]: ...
    @overload
    def decode_batch(
        self, messages: Iterable[_Record | None], errors: Literal["raise"] = "raise"
    ) -> list[_T | None]: ...
    @overload
    def decode_batch(self, messages: Iterable[_Record], errors: Literal["return"]) -> list[_T | DecodeError]: ...
    @overload
    def decode_batch(
        self, messages: Iterable[_Record | None], errors: Literal["return"]
    ) -> list[_T | DecodeError | None]: ...
    @overload
    def decode_lines(self, buffer: Buffer | str, errors: Literal["raise"] = "raise") -> list[_T]: ...
    @overload
    def decode_lines(self, buffer: Buffer | str, errors: Literal["return"]) -> list[_T | DecodeError]: ...
    @overload
    def iter_decode(
        self, source: _Source, errors: Literal["raise"] = "raise", batch_size: int = 1000
    ) -> EventIterator[_T]: ...
    @overload
    def iter_decode(
        self, source: _Source, errors: Literal["return"], batch_size: int = 1000
    ) -> EventIterator[_T | DecodeError]: ...
    def validate_batch(self, messages: Iterable[_Record | None], threads: int | None = 1) -> list[DecodeError]: ...
    def validate_lines(self, buffer: Buffer | str, threads: int | None = 1) -> list[DecodeError]: ...
    def iter_validate(self, source: _Source, *, threads: int | None = None) -> ErrorIterator: ...
    def decode_arrow(
        self,
        source: Iterable[_Record | None] | Buffer | str | _Arrow,
        *,
        errors: _Errors = "raise",
        rows: _Rows = "all",
        keys: Iterable[bytes | str | None] | _Arrow | None = None,
        timestamps: Iterable[int | None] | None = None,
        threads: int | None = None,
    ) -> EventTable: ...
    def iter_arrow(
        self,
        source: _Source,
        *,
        errors: _Errors = "raise",
        rows: _Rows = "all",
        batch_rows: int = 65536,
        threads: int | None = None,
    ) -> EventTableIterator: ...
    def arrow_schema(self, *, keys: bool = False, timestamps: bool = False) -> ArrowSchema: ...
    @property
    def _fast(self) -> bool: ...

@final
class Encoder:
    def __new__(cls, *, events: Iterable[type[Struct]] | None = None, max_depth: int = 128) -> Self: ...
    def encode(self, event: Struct) -> bytes: ...
    def encode_batch(self, events: Iterable[Struct]) -> list[bytes]: ...
    def encode_lines(self, events: Iterable[Struct]) -> bytes: ...
