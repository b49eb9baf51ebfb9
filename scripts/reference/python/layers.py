"""One Keras layer for each layer of a graph, and which of its variables carries which of the graph's weights.

A layer arrives as {"id", "type", "params", "from", "inputs"}: params with every default filled in, `from` the ids of
the layers that feed it in the order that counts, `inputs` their shapes without the batch dimension.
"""

import tensorflow as tf

K = tf.keras.layers
SOFTMAX_LOSSES = ("crossEntropy", "denseCrossEntropy")


def conv(kind):
    def make(p, _shapes, dtype):
        layer = kind(p["filters"], p["kernelSize"], strides=p["strides"], padding=p["padding"], dtype=dtype)
        return layer, lambda: {"kernel": layer.kernel, "bias": layer.bias}

    return make


def depthwise(p, _shapes, dtype):
    layer = K.DepthwiseConv2D(p["kernelSize"], strides=p["strides"], padding=p["padding"], depth_multiplier=p["depthMultiplier"], dtype=dtype)
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
    inner = K.MultiHeadAttention(p["heads"], p["keyDim"], dtype=dtype)
    causal = p["causal"]

    class SelfAttention(K.Layer):
        def build(self, shape):
            inner._build_from_signature(query=shape, value=shape)
            super().build(shape)

        def call(self, x):
            return inner(x, x, use_causal_mask=causal)

    layer = SelfAttention(dtype=dtype)
    layer.inner = inner  # so that Keras counts its weights as the model's
    parts = {"query": "_query_dense", "key": "_key_dense", "value": "_value_dense", "output": "_output_dense"}

    def weights():
        found = {}
        for name, attribute in parts.items():
            dense = getattr(inner, attribute)
            found[f"{name}Kernel"] = dense.kernel
            found[f"{name}Bias"] = dense.bias
        return found

    return layer, weights


def label_hash(label):
    """32-bit FNV-1a: the second half of the key of a stream of random numbers (engine/data/random.ts)."""
    value = 0x811C9DC5
    for byte in label.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


class SeededDropout(K.Layer):
    """Keras' dropout, but with the mask that the engine draws: Philox with key (seed, label) and counter (0, step)."""

    PHILOX = 1

    def __init__(self, rate, identifier, run, **options):
        super().__init__(**options)
        self.rate, self.run = rate, run
        self.random_key = run["seed"] | (label_hash(f"dropout/{identifier}") << 32)

    def call(self, x, training=None):
        if not training or self.rate == 0:
            return x
        counter = tf.stack([tf.constant(0, tf.uint64), tf.cast(self.run["step"], tf.uint64)])
        key = tf.constant([self.random_key], tf.uint64)
        uniform = tf.raw_ops.StatelessRandomUniformV2(shape=tf.shape(x), key=key, counter=counter, alg=self.PHILOX)
        return x * tf.cast(uniform >= self.rate, x.dtype) / (1 - self.rate)


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
    "GELU": plain(lambda p, s, d: K.Activation(lambda x: tf.nn.gelu(x, approximate=p["approximate"]), dtype=d)),
    "Sigmoid": plain(lambda p, s, d: K.Activation("sigmoid", dtype=d)),
    "Tanh": plain(lambda p, s, d: K.Activation("tanh", dtype=d)),
    "Softmax": plain(lambda p, s, d: K.Softmax(dtype=d)),
    "MaxPool": plain(lambda p, s, d: K.MaxPool2D(p["poolSize"], strides=p["strides"], padding=p["padding"], dtype=d)),
    "AvgPool": plain(lambda p, s, d: K.AveragePooling2D(p["poolSize"], strides=p["strides"], padding=p["padding"], dtype=d)),
    "GlobalAvgPool": plain(lambda p, s, d: (K.GlobalAveragePooling2D if len(s[0]) == 3 else K.GlobalAveragePooling1D)(dtype=d)),
    "Flatten": plain(lambda p, s, d: K.Flatten(dtype=d)),
    "Reshape": plain(lambda p, s, d: K.Reshape(p["shape"], dtype=d)),
    "Add": plain(lambda p, s, d: K.Add(dtype=d)),
    "Concat": plain(lambda p, s, d: K.Concatenate(axis=p["axis"] + (p["axis"] >= 0), dtype=d)),
}


def stands_for_the_losses(node, layers):
    """A Softmax that leads to a softmax loss alone is that loss's own: the model ends before it."""
    followers = [other for other in layers if node["id"] in other["from"]]
    return all(other["type"] == "Output" and other["params"]["loss"] in SOFTMAX_LOSSES for other in followers)


class Built:
    """A Keras model of scores, before the loss's own softmax or sigmoid, with its variables by the graph's names."""

    def __init__(self, layers, dtype, seed=0):
        outputs, self.variables, self.output = {}, {}, None
        # The step that runs, from 1.
        self.step = tf.Variable(1, dtype=tf.int64, trainable=False)
        pending = []
        for node in layers:
            kind, params = node["type"], node["params"]
            if kind == "DataInput":
                start = tf.keras.Input(params["shape"], dtype=params.get("dtype", dtype))
                outputs[node["id"]] = start
                continue
            fed = [outputs[name] for name in node["from"]]
            if kind == "Output":
                self.output = params
                self.model = tf.keras.Model(start, fed[0])
                continue
            if kind == "Softmax" and stands_for_the_losses(node, layers):
                outputs[node["id"]] = fed[0]
                continue
            if kind == "Dropout":
                layer, weights = SeededDropout(params["rate"], node["id"], {"seed": seed, "step": self.step}, dtype=dtype), dict
            else:
                layer, weights = LAYERS[kind](params, node["inputs"], dtype)
            outputs[node["id"]] = layer(fed if kind in ("Add", "Concat") else fed[0])
            pending.append((node["id"], weights))
        for name, weights in pending:
            for weight, variable in weights().items():
                self.variables[f"{name}.{weight}"] = variable
        trained = [variable for variable in self.variables.values() if variable.trainable]
        if len(self.model.trainable_variables) != len(trained):
            raise ValueError("Keras trains other weights than the graph has")

    def set_weights(self, tensors):
        missing = set(self.variables) ^ {name for name in tensors if ":" not in name}
        if missing:
            raise ValueError(f"the two sides have different weights: {sorted(missing)}")
        for name, variable in self.variables.items():
            variable.assign(tensors[name].reshape(variable.shape))

    def get_weights(self):
        return {name: variable.numpy() for name, variable in self.variables.items()}
