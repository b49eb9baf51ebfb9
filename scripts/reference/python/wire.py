"""Tensors as JSON: {"dtype", "shape", "data"}, the data little-endian in base64."""

import base64

import numpy as np

KINDS = {"float32": np.float32, "float64": np.float64, "int32": np.int32, "uint8": np.uint8}


def decode(tensor):
    values = np.frombuffer(base64.b64decode(tensor["data"]), KINDS[tensor["dtype"]])
    return values.reshape(tensor["shape"])


def encode(values):
    values = np.ascontiguousarray(values)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    data = base64.b64encode(values.tobytes()).decode("ascii")
    return {"dtype": str(values.dtype), "shape": list(values.shape), "data": data}


def decode_all(tensors):
    return {name: decode(tensor) for name, tensor in tensors.items()}


def encode_all(tensors):
    return {name: encode(np.asarray(values)) for name, values in tensors.items()}
