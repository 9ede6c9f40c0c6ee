"""vmcodec: the agent and DN events of Genesys Voice Microservices, decoded, validated and encoded in bulk.

The functions here are the methods of one `Decoder()` and one `Encoder()` with default options.
"""

from collections.abc import Mapping
from typing import Any

from ._vmcodec import (
    ArrowSchema,
    ArrowTable,
    Decoder,
    Encoder,
    ErrorIterator,
    EventIterator,
    EventTable,
    EventTableIterator,
    KVList,
)
from .enums import AgentWorkMode, CallState, CallType, InfoStatus, OpenIntEnum, ThisDNRole
from .errors import DECODE_CODES, ENCODE_CODES, DecodeError, EncodeError
from .events import (
    EVENTS,
    AgentID,
    BaseEvent,
    Event,
    EventAgentLogin,
    EventAgentLogout,
    EventAgentNotReady,
    EventAgentReady,
    EventDNBackInService,
    EventDNDOff,
    EventDNDOn,
    EventDNOutOfService,
    EventForwardCancel,
    EventForwardSet,
    EventMuteOff,
    EventMuteOn,
    EventOffHook,
    EventOnHook,
    Time,
    UnknownEvent,
)

__all__ = [
    "DECODE_CODES",
    "ENCODE_CODES",
    "EVENTS",
    "AgentID",
    "AgentWorkMode",
    "ArrowSchema",
    "ArrowTable",
    "BaseEvent",
    "CallState",
    "CallType",
    "DecodeError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "ErrorIterator",
    "Event",
    "EventAgentLogin",
    "EventAgentLogout",
    "EventAgentNotReady",
    "EventAgentReady",
    "EventDNBackInService",
    "EventDNDOff",
    "EventDNDOn",
    "EventDNOutOfService",
    "EventForwardCancel",
    "EventForwardSet",
    "EventIterator",
    "EventMuteOff",
    "EventMuteOn",
    "EventOffHook",
    "EventOnHook",
    "EventTable",
    "EventTableIterator",
    "InfoStatus",
    "KVList",
    "OpenIntEnum",
    "ThisDNRole",
    "Time",
    "UnknownEvent",
    "__version__",
    "decode",
    "decode_arrow",
    "decode_batch",
    "decode_lines",
    "enc_hook",
    "encode",
    "encode_batch",
    "encode_lines",
    "iter_arrow",
    "iter_decode",
    "iter_validate",
    "validate_batch",
    "validate_lines",
]

__version__ = "0.1.0"

Mapping.register(KVList)

_decoder = Decoder()
decode = _decoder.decode
decode_batch = _decoder.decode_batch
decode_lines = _decoder.decode_lines
iter_decode = _decoder.iter_decode
decode_arrow = _decoder.decode_arrow
iter_arrow = _decoder.iter_arrow
validate_batch = _decoder.validate_batch
validate_lines = _decoder.validate_lines
iter_validate = _decoder.iter_validate

_encoder = Encoder()
encode = _encoder.encode
encode_batch = _encoder.encode_batch
encode_lines = _encoder.encode_lines


def enc_hook(value: Any) -> Any:
    """Let msgspec's encoders write a `KVList`: pass this function as their `enc_hook`.

    Gives the dict of a KVList; raises NotImplementedError for anything else, as msgspec asks of a hook.
    """
    if isinstance(value, KVList):
        return value.to_dict()
    raise NotImplementedError(f"objects of type {type(value).__name__} have no rule here")
