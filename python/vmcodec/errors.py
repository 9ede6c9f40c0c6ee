"""The errors, and the closed sets of their codes. What each code means is told in docs/errors.md."""

from ._vmcodec import DECODE_CODES, ENCODE_CODES, DecodeError, EncodeError

__all__ = ["DECODE_CODES", "ENCODE_CODES", "DecodeError", "EncodeError"]
