"""One Keras layer for each layer of a graph, and which of its variables carries which of the graph's weights.

A layer arrives as {"id", "type", "params", "from", "inputs"}: params with every default filled in, `from` the ids of
the layers that feed it in the order that counts, `inputs` their shapes without the batch dimension.
"""

import tensorflow as tf

K = tf.keras.layers


def conv(kind):
    def make(p, _shapes, dtype):
        layer = kind(p["filters"], p["kernelSize"], strides=p["strides"], padding=p["padding"], dtype=dtype)
        return layer, lambda: {"kernel": layer.kernel, "bias": layer.bias}

    return make


def depthwise(p, _shapes, dtype):
    layer = K.DepthwiseConv2D(p["kernelSize"], strides=p["strides"], padding=p["padding"], depth_multiplier=p.get("depthMultiplier", 1), dtype=dtype)
    return layer, lambda: {"kernel": layer.depthwise_kernel, "bias": layer.bias}


def linear(p, _shapes, dtype):
    layer = K.Dense(p["units"], dtype=dtype)
    return layer, lambda: {"kernel": layer.kernel, "bias": layer.bias}


def embedding(p, _shapes, dtype):
    layer = K.Embedding(p["vocabulary"], p["units"], dtype=dtype)
    return layer, lambda: {"table": layer.embeddings}


def batch_norm(p, _shapes, dtype):
    layer = K.BatchNormalization(momentum=p["momentum"], epsilon=p["epsilon"], dtype=dtype)
    return layer, lambda: {"gamma": layer.gamma, "beta": layer.beta, "movingMean": layer.moving_mean, "movingVariance": layer.moving_variance}


def layer_norm(p, _shapes, dtype):
    layer = K.LayerNormalization(epsilon=p["epsilon"], dtype=dtype)
    return layer, lambda: {"gamma": layer.gamma, "beta": layer.beta}


def recurrent(kind):
    def make(p, _shapes, dtype):
        layer = kind(p["units"], return_sequences=p["returnSequences"], dtype=dtype)
        return layer, lambda: {"kernel": layer.cell.kernel, "recurrentKernel": layer.cell.recurrent_kernel, "bias": layer.cell.bias}

    return make


def attention(p, _shapes, dtype):
    inner = K.MultiHeadAttention(p["heads"], p["keySize"], dtype=dtype)
    causal = p.get("causal", False)

    class SelfAttention(K.Layer):
        def build(self, shape):
            inner._build_from_signature(query=shape, value=shape)
            super().build(shape)

        def call(self, x):
            return inner(x, x, use_causal_mask=causal)

    layer = SelfAttention(dtype=dtype)
    parts = {"query": "_query_dense", "key": "_key_dense", "value": "_value_dense", "output": "_output_dense"}

    def weights():
        found = {}
        for name, attribute in parts.items():
            dense = getattr(inner, attribute)
            found[f"{name}Kernel"] = dense.kernel
            found[f"{name}Bias"] = dense.bias
        return found

    return layer, weights


def plain(function):
    return lambda p, shapes, dtype: (function(p, shapes, dtype), dict)


LAYERS = {
    "Conv1D": conv(K.Conv1D),
    "Conv2D": conv(K.Conv2D),
    "DepthwiseConv2D": depthwise,
    "Linear": linear,
    "Embedding": embedding,
    "BatchNorm": batch_norm,
    "LayerNorm": layer_norm,
    "LSTM": recurrent(K.LSTM),
    "GRU": recurrent(K.GRU),
    "MultiHeadAttention": attention,
    "ReLU": plain(lambda p, s, d: K.ReLU(dtype=d)),
    "GELU": plain(lambda p, s, d: K.Activation(lambda x: tf.nn.gelu(x, approximate=p.get("approximate", False)), dtype=d)),
    "Sigmoid": plain(lambda p, s, d: K.Activation("sigmoid", dtype=d)),
    "Tanh": plain(lambda p, s, d: K.Activation("tanh", dtype=d)),
    "Softmax": plain(lambda p, s, d: K.Softmax(dtype=d)),
    "MaxPool": plain(lambda p, s, d: K.MaxPool2D(p["poolSize"], strides=p["strides"], padding=p["padding"], dtype=d)),
    "AvgPool": plain(lambda p, s, d: K.AveragePooling2D(p["poolSize"], strides=p["strides"], padding=p["padding"], dtype=d)),
    "GlobalAvgPool": plain(lambda p, s, d: (K.GlobalAveragePooling2D if len(s[0]) == 3 else K.GlobalAveragePooling1D)(dtype=d)),
    "Flatten": plain(lambda p, s, d: K.Flatten(dtype=d)),
    "Reshape": plain(lambda p, s, d: K.Reshape(p["shape"], dtype=d)),
    "Dropout": plain(lambda p, s, d: K.Dropout(p["rate"], dtype=d)),
    "Add": plain(lambda p, s, d: K.Add(dtype=d)),
    "Concat": plain(lambda p, s, d: K.Concatenate(axis=-1, dtype=d)),
}


class Built:
    """A Keras model of scores, before the loss's own softmax or sigmoid, with its variables by the graph's names."""

    def __init__(self, layers, dtype):
        outputs, self.variables, self.output = {}, {}, None
        pending = []
        for node in layers:
            kind, params = node["type"], node["params"]
            if kind == "DataInput":
                integers = any(other["type"] == "Embedding" and node["id"] in other["from"] for other in layers)
                start = tf.keras.Input(params["shape"], dtype="int32" if integers else dtype)
                outputs[node["id"]] = start
                continue
            fed = [outputs[name] for name in node["from"]]
            if kind == "Output":
                self.output = params
                self.model = tf.keras.Model(start, fed[0])
                continue
            followers = [other["type"] for other in layers if node["id"] in other["from"]]
            if kind == "Softmax" and all(follower == "Output" for follower in followers):
                outputs[node["id"]] = fed[0]
                continue
            layer, weights = LAYERS[kind](params, node["inputs"], dtype)
            outputs[node["id"]] = layer(fed if kind in ("Add", "Concat") else fed[0])
            pending.append((node["id"], weights))
        for name, weights in pending:
            for weight, variable in weights().items():
                self.variables[f"{name}.{weight}"] = variable

    def set_weights(self, tensors):
        missing = set(self.variables) ^ {name for name in tensors if ":" not in name}
        if missing:
            raise ValueError(f"the two sides have different weights: {sorted(missing)}")
        for name, variable in self.variables.items():
            variable.assign(tensors[name].reshape(variable.shape))

    def get_weights(self):
        return {name: variable.numpy() for name, variable in self.variables.items()}
