"""How arrays of NumPy and tensors of torch lie in a message of :mod:`autograde.wire`.

This module owns their nodes and blobs, and every check that makes such a node safe to build.  It
owns neither the message, nor the walk through containers (:mod:`autograde.values`), nor what
pandas makes of arrays (:mod:`autograde.frames`).

What an array does not show does not travel: the gaps between the fields of a structured array are
replaced by zeros, for the grader's own arrays may be cut from what the candidate must not see.
"""

import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from autograde.arrow import arrow_array, arrow_node
from autograde.nodes import (
    Malformed,
    NotPlain,
    flag,
    integer,
    matching,
    one_of,
    refusal,
    sequence,
    text,
)

# Elements of an array, or rows, that no bytes stand for.
_MAX_EMPTY = 1 << 24
_MAX_WIDTH = 1 << 16
_MAX_DTYPE_DEEP = 8
_DTYPE = re.compile(
    r"[|<>](?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SUV][1-9]\d{0,8}"
    r"|[mM]8(?:\[(?:[1-9]\d{0,8})?(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?)",
    re.ASCII,
)

# --- NumPy -----------------------------------------------------------------------------------


def _dtype_node(dtype: np.dtype[Any], depth: int = 0) -> Any:
    if depth > _MAX_DTYPE_DEEP:
        raise NotPlain("an array whose fields are nested too deep cannot cross by value")
    if dtype.names is not None and dtype.fields is not None and dtype.type is np.void:
        node: list[Any] = ["r", dtype.itemsize]
        for name in dtype.names:
            field, offset, *title = dtype.fields[name]
            if title and type(title[0]) is not str:
                raise NotPlain("the title of a field is no string")
            node.append([name, _dtype_node(field, depth + 1), offset, *title])
        if sum(dtype.fields[name][0].itemsize for name in dtype.names) > dtype.itemsize:
            raise NotPlain("an array whose fields overlap cannot cross by value")
        return node
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["s", _dtype_node(base, depth + 1), *shape]
    # The comparison finds dtypes of other packages, which call themselves a void of their width.
    if _DTYPE.fullmatch(dtype.str) and np.dtype(dtype.str) == dtype:
        return dtype.str
    raise NotPlain(f"an array of dtype {dtype} cannot cross by value")


def _dtype(node: Any, depth: int = 0) -> np.dtype[Any]:
    if type(node) is str:
        return np.dtype(matching(node, _DTYPE))
    if depth > _MAX_DTYPE_DEEP:
        raise Malformed("a dtype nested too deep")
    kind, first, *rest = sequence(node)
    if kind == "s":
        base = _dtype(first, depth + 1)
        shape = tuple(integer(d, 1, 1 << 31) for d in rest)
        if len(shape) > 8 or math.prod(shape) * base.itemsize >= 1 << 31:
            raise Malformed("a field too large")
        return np.dtype((base, shape))
    if kind != "r":
        raise Malformed("unknown kind of dtype")
    names, formats, offsets, titles = [], [], [], []
    for field in rest:
        name, form, offset, *title = sequence(field)
        names.append(text(name))
        formats.append(_dtype(form, depth + 1))
        offsets.append(integer(offset, 0, 1 << 31))
        titles.append(text(title[0]) if title else None)
        if len(title) > 1:
            raise Malformed("a field with two titles")
    # Each field is looked at on its own: were they to overlap, a few bytes could cost hours.
    if sum(f.itemsize for f in formats) > integer(first, 0, 1 << 31):
        raise Malformed("fields that overlap")
    spec: dict[str, Any] = {"names": names, "formats": formats, "offsets": offsets}
    if any(t is not None for t in titles):
        spec["titles"] = titles
    spec["itemsize"] = first
    built: np.dtype[Any] = np.dtype(cast("Any", spec))
    return built


def _vast(shape: Sequence[int]) -> bool:
    """Whether a shape with no elements claims too many along its other dimensions."""
    return math.prod(max(d, 1) for d in shape) > _MAX_EMPTY


def _check_shape(shape: list[Any], width: int, length: int) -> None:
    """Compare what a shape claims with the bytes there are, before anything is made."""
    sizes = [integer(d, 0) for d in sequence(shape)]
    if len(sizes) > 64 or math.prod(sizes) * width != length:
        raise Malformed("a shape that the bytes do not fill")
    if not length and _vast(sizes):
        raise Malformed("a shape too large for no bytes at all")


def _copy_fields(target: Any, source: Any) -> None:
    if source.dtype.names is None:
        target[...] = source
        return
    for name in source.dtype.names:
        _copy_fields(target[name], source[name])


def _bytes_of(array: Any) -> memoryview:
    """Give the bytes of an array that is contiguous in C order, without a copy."""
    return array.reshape(-1).view(np.uint8).data if array.nbytes else memoryview(b"")


def array_node(encoder: Any, array: Any, depth: int) -> Any:
    """Encode an array of any dtype that crosses."""
    if array.dtype.kind == "O":
        return _objects_node(encoder, array, depth)
    if isinstance(array.dtype, np.dtypes.StringDType):
        if array.dtype != np.dtypes.StringDType():
            raise NotPlain("an array of strings with a missing value cannot cross by value")
        return ["at", _objects_node(encoder, array.astype(object), depth)]
    node = _dtype_node(array.dtype)
    width = array.dtype.itemsize
    if not width or (not array.size and width > _MAX_WIDTH):
        raise NotPlain(f"an array of dtype {array.dtype} ({width} bytes) cannot cross by value")
    if not array.size and _vast(array.shape):
        raise NotPlain(f"an empty array of shape {array.shape} cannot cross by value")
    if array.dtype.names is not None:
        # A selection of fields still has the bytes of all the others.
        whole = np.zeros(array.shape, array.dtype)
        _copy_fields(whole, array)
        array = whole
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        encoder.blobs.append(_bytes_of(array.T))
        return ["a", node, "F", *array.shape]
    encoder.blobs.append(_bytes_of(np.ascontiguousarray(array)))
    return ["a", node, "C", *array.shape]


def _array(decoder: Any, _: int, form: Any, order: Any, *shape: Any) -> Any:
    dtype = _dtype(form)
    blob = decoder.blob()
    _check_shape(list(shape), dtype.itemsize, len(blob))
    if not 0 < dtype.itemsize <= max(len(blob), _MAX_WIDTH):
        raise Malformed("a dtype wider than the bytes there are")
    arranged = cast("Any", one_of(order, ("C", "F")))
    if not blob:
        return np.empty(shape, dtype, arranged)
    array = np.ndarray(shape, dtype, blob, order=arranged).copy("K")
    _check_elements(array)
    return array


def _check_elements(array: Any) -> None:
    """Refuse bytes that are no bool or no character: NumPy takes them on trust."""
    if array.dtype.names is not None:
        for name in array.dtype.names:
            _check_elements(array[name])
    elif array.dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise Malformed("a bool that is neither 0 nor 1")
    elif array.dtype.kind == "U":
        flat = np.ascontiguousarray(array).reshape(-1)
        if flat.view(flat.dtype.byteorder.replace("|", "=") + "u4").max(initial=0) > sys.maxunicode:
            raise Malformed("a character beyond Unicode")


def _objects_node(encoder: Any, array: Any, depth: int) -> Any:
    shape = list(array.shape)
    items = array.reshape(-1).tolist()
    if not items and _vast(shape):
        raise NotPlain(f"an empty array of shape {array.shape} cannot cross by value")
    if items and set(map(type, items)) == {str}:
        try:
            strings = pa.array(items, pa.large_string())
        except UnicodeEncodeError:
            pass  # lone surrogates: they can stand in the header only
        else:
            return ["os", shape, arrow_node(encoder, strings)]
    return encoder.items(["o", shape], items, depth)


def _fill(shape: list[Any], items: list[Any]) -> Any:
    _check_shape(shape, 1, len(items))
    array = np.empty(len(items), object)
    for position, item in enumerate(items):
        array[position] = item
    return array.reshape(shape)


def _strings(decoder: Any, _: int, shape: Any, node: Any) -> Any:
    strings = arrow_array(decoder, pa.large_string(), node)
    if strings.null_count:
        raise Malformed("a null among strings")
    return _fill(shape, strings.to_pylist())


def _text_array(decoder: Any, depth: int, node: Any) -> Any:
    objects = decoder.node(node, depth)
    if type(objects) is not np.ndarray or any(type(o) is not str for o in objects.reshape(-1)):
        raise Malformed("an array of strings with something else in it")
    return objects.astype(np.dtypes.StringDType())


def _scalar(decoder: Any, depth: int, node: Any) -> Any:
    array = decoder.node(node, depth)
    if type(array) is not np.ndarray or array.ndim or array.dtype.kind == "O":
        raise Malformed("a scalar that is no array of no dimension")
    return array[()]


# --- torch -----------------------------------------------------------------------------------

_TENSORS = (
    *("float64", "float32", "float16", "bfloat16", "complex128", "complex64", "bool"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
)


def tensor_encoder(kind: type) -> Callable[..., Any] | None:
    """Give the encoder if `kind` is ``torch.Tensor``; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return _tensor_node if kind is getattr(torch, "Tensor", None) else None


def _tensor_node(encoder: Any, tensor: Any, _: int) -> Any:
    import torch

    name = str(tensor.dtype).removeprefix("torch.")
    dense = tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_meta
    if name not in _TENSORS or not dense:
        raise refusal(tensor, f"of dtype {name}, layout {tensor.layout}, on {tensor.device}")
    if not tensor.numel() and _vast(tensor.shape):
        raise refusal(tensor, f"empty, of shape {tuple(tensor.shape)}")
    near = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    empty = not near.numel()
    raw = memoryview(b"") if empty else near.reshape(-1).view(torch.uint8).numpy().data
    encoder.blobs.append(raw)
    return ["T", name, tensor.requires_grad, *tensor.shape]


def _tensor(decoder: Any, _: int, name: Any, requires_grad: Any, *shape: Any) -> Any:
    import torch  # slow, so only where a tensor arrives

    dtype = getattr(torch, one_of(name, _TENSORS))
    blob = decoder.blob()
    _check_shape(list(shape), dtype.itemsize, len(blob))
    if name == "bool" and blob and np.frombuffer(blob, np.uint8).max() > 1:
        raise Malformed("a bool that is neither 0 nor 1")
    if not blob:
        return torch.empty(shape, dtype=dtype).requires_grad_(flag(requires_grad))
    # frombuffer shares memory with a bytearray that only this tensor refers to.
    tensor = torch.frombuffer(bytearray(blob), dtype=dtype).reshape(shape)
    return tensor.requires_grad_(flag(requires_grad))


# --- tables ----------------------------------------------------------------------------------

ENCODERS: dict[type, Callable[..., Any]] = {
    np.ndarray: array_node,
    np.str_: lambda e, v, d: ["ns", "".join(v)],
    np.bytes_: lambda e, v, d: e.blob("nb", bytes(v)),
    **{
        np.dtype(c).type: lambda e, v, d: ["n", array_node(e, np.asarray(v), d)]
        for c in "?bhilqBHILQefdgFDGmMV"
    },
}
DECODERS: dict[str, Callable[..., Any]] = {
    "a": _array,
    "at": _text_array,
    "o": lambda d, depth, shape, *nodes: _fill(shape, d.items(depth, nodes)),
    "os": _strings,
    "n": _scalar,
    "ns": lambda d, _, value: np.str_(text(value)),
    "nb": lambda d, _: np.bytes_(bytes(d.blob())),
    "T": _tensor,
}
