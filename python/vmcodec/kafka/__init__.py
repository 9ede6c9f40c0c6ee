"""Events in Kafka consumers: records for batches of messages, a deserializer, dead letters, and a loop that commits.

`consume_events` and `DeadLetters` are for confluent-kafka (the extra `kafka`). The rest takes what any client gives:
the messages of confluent-kafka, the records of aiokafka and of kafka-python. docs/kafka.md tells how to use it all.
"""

from .deserializer import EventDeserializer
from .letters import DeadLetter, DeadLetters, dead_letter
from .loop import consume_events
from .records import Record, decode_messages, decode_polled

__all__ = [
    "DeadLetter",
    "DeadLetters",
    "EventDeserializer",
    "Record",
    "consume_events",
    "dead_letter",
    "decode_messages",
    "decode_polled",
]
