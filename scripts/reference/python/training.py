"""Losses, optimizers and one training step, as Keras defines them."""

import tensorflow as tf


def loss_of(output):
    """The Keras loss of an Output layer's parameters; scores are logits."""
    losses, name, smoothing = tf.keras.losses, output["loss"], output.get("labelSmoothing", 0.0)
    if name == "crossEntropy":
        if smoothing == 0:
            return losses.SparseCategoricalCrossentropy(from_logits=True)
        dense = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
        return lambda y, scores: dense(tf.one_hot(tf.cast(y, tf.int32), scores.shape[-1], dtype=scores.dtype), scores)
    if name == "denseCrossEntropy":
        return losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    if name == "sigmoidCrossEntropy":
        return losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    if name == "sparseSigmoidCrossEntropy":
        dense = losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
        return lambda y, scores: dense(tf.one_hot(tf.cast(y, tf.int32), scores.shape[-1], dtype=scores.dtype), scores)
    kinds = {"mse": losses.MeanSquaredError, "mae": losses.MeanAbsoluteError, "huber": losses.Huber}
    return kinds[name]()


def optimizer_of(settings):
    """{"optimizer", "learningRate"} and what else Keras' own constructor of that optimizer takes."""
    kinds = tf.keras.optimizers
    rate, options = settings["learningRate"], dict(settings.get("keras", {}))
    return {
        "sgd": lambda: kinds.SGD(rate, **options),
        "momentum": lambda: kinds.SGD(rate, momentum=options.pop("momentum", 0.9), **options),
        "nesterov": lambda: kinds.SGD(rate, momentum=options.pop("momentum", 0.9), nesterov=True, **options),
        "rmsprop": lambda: kinds.RMSprop(rate, **options),
        "adam": lambda: kinds.Adam(rate, **options),
        "adamw": lambda: kinds.AdamW(rate, **options),
    }[settings["optimizer"]]()


def counts_classes(output):
    return output["loss"] == "crossEntropy"


def make_step(built, optimizer, compiled=True):
    """step(x, y) → (loss, hits): one update of the model."""
    loss_function, classes = loss_of(built.output), counts_classes(built.output)

    def step(x, y):
        with tf.GradientTape() as tape:
            scores = built.model(x, training=True)
            loss = loss_function(y, scores)
        gradients = tape.gradient(loss, built.model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, built.model.trainable_variables))
        if not classes:
            return loss, tf.constant(0)
        hits = tf.equal(tf.argmax(scores, -1), tf.cast(y, tf.int64))
        return loss, tf.reduce_sum(tf.cast(hits, tf.int32))

    return tf.function(step, reduce_retracing=True) if compiled else step
