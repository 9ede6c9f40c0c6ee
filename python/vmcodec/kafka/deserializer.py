"""`EventDeserializer`: what the consumers of confluent-kafka, aiokafka and kafka-python call for each message."""

from __future__ import annotations

import sys
from typing import Any, Literal

from .._vmcodec import Decoder

__all__ = ["EventDeserializer"]


class EventDeserializer:
    """The value deserializer of any client: of confluent-kafka, aiokafka and kafka-python.

    decoder : a `Decoder`; or give its options by name. With options, or with neither, the object can be pickled.
    errors : "raise" raises the DecodeError of a bad record, without its bytes; "return" gives it in the event's place,
        with them. Most clients cannot go past a message whose deserializer raises.

    Gives None for None, and a DecodeError, never a TypeError, for whatever is no message.
    """

    def __init__(
        self, decoder: Decoder[Any] | None = None, errors: Literal["raise", "return"] = "raise", **options: Any
    ) -> None:
        if errors not in ("raise", "return"):
            raise ValueError('errors must be "raise" or "return"')
        if decoder is not None and options:
            raise ValueError("give a decoder or the options of one, not both")
        self._arguments = decoder, errors, options
        self._decoder: Decoder[Any] = Decoder(**options) if decoder is None else decoder
        self._returns = errors == "return"
        # kafka-python warns of what is no Deserializer of its own. Who has not imported it does not use it.
        base: Any = getattr(sys.modules.get("kafka.serializer"), "Deserializer", None)
        if hasattr(base, "register"):
            base.register(EventDeserializer)

    def __call__(self, value: Any, context: Any = None) -> Any:
        """Decode a message's value. The context, which confluent-kafka gives, is not needed."""
        try:
            if self._returns:
                return self._decoder.decode_batch([value], errors="return")[0]
            return self._decoder.decode(value)
        finally:
            del value  # an error's traceback holds this frame, and trackers of errors show what is in it

    def deserialize(self, topic: str, *headers_and_value: Any) -> Any:
        """The same as kafka-python calls it: with a topic, headers (since its version 3) and the value."""
        try:
            return self(headers_and_value[-1])
        finally:
            del headers_and_value

    def close(self) -> None:
        """There is nothing to close; kafka-python asks for it."""

    def __reduce__(self) -> tuple[Any, ...]:
        decoder, errors, options = self._arguments
        return _made, (decoder, errors, options)


def _made(decoder: Decoder[Any] | None, errors: Literal["raise", "return"], options: dict[str, Any]) -> Any:
    """What was pickled."""
    return EventDeserializer(decoder, errors, **options)
