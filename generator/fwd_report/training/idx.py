"""The IDX format of MNIST's files: a gzip of a header and unsigned bytes."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np

UNSIGNED_BYTE = 8


def read_idx(packed: bytes) -> np.ndarray:
    """The array in a gzipped IDX file of unsigned bytes: (N, H, W) images or (N,) labels.

    packed: the file's bytes. Raises ValueError, with the reason, if the file is truncated, is not
    gzip, or is not such an IDX file. Format: http://yann.lecun.com/exdb/mnist (two zero bytes,
    the type, the number of dimensions, then each size as a big-endian 32-bit integer).
    """
    try:
        content = gzip.decompress(packed)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"not a whole gzip file ({error})") from error
    if len(content) < 4 or content[:3] != bytes((0, 0, UNSIGNED_BYTE)):
        raise ValueError("not an IDX file of unsigned bytes")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise ValueError("its IDX header is cut short")
    shape = struct.unpack(f">{content[3]}I", content[4:header])
    if len(content) - header != int(np.prod(shape)):
        raise ValueError(f"it holds {len(content) - header} bytes, its header says {shape}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
