"""Trains the model of examples/graphs/digits-cnn.json with each step as one tf.function and prints its speed.

usage: tf_function.py DATASET.safetensors HYPER_PARAMETERS_JSON
As in the job's loop, the clock starts before the first step, compilation included, and every step's batch is gathered
from a fresh order of the samples.
"""

import json
import struct
import sys
import time

import numpy as np
import tensorflow as tf


def read_dataset(path):
    with open(path, "rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))
        body = file.read()

    def tensor(name):
        entry = header[name]
        begin, end = entry["data_offsets"]
        kind = {"U8": np.uint8, "F32": np.float32, "I32": np.int32}[entry["dtype"]]
        return np.frombuffer(body[begin:end], kind).reshape(entry["shape"])

    return tensor("x"), tensor("y")


def main():
    images, labels = read_dataset(sys.argv[1])
    settings = json.loads(sys.argv[2])
    if settings["optimizer"] != "adam":
        raise SystemExit("only adam is compared")
    tf.keras.utils.set_random_seed(settings["seed"])
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input(images.shape[1:]),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPool2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPool2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    optimizer = tf.keras.optimizers.Adam(settings["learningRate"])
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(reduce_retracing=True)
    def step(x, y):
        with tf.GradientTape() as tape:
            scores = model(tf.cast(x, tf.float32) / 255.0, training=True)
            loss = loss_of(y, scores)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        hits = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(scores, 1), tf.cast(y, tf.int64)), tf.int32))
        return loss, hits

    shuffle = np.random.default_rng(settings["seed"])
    batch = settings["batchSize"]
    started = time.perf_counter()
    for _ in range(settings["epochs"]):
        order = shuffle.permutation(len(images))
        for begin in range(0, len(order), batch):
            picked = order[begin : begin + batch]
            loss, _ = step(tf.constant(images[picked]), tf.constant(labels[picked]))
    final = float(loss)
    seconds = time.perf_counter() - started
    print(json.dumps({"imagesPerSecond": len(images) * settings["epochs"] / seconds, "finalLoss": final}))


main()
