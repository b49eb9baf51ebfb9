"""Losses, optimizers and one training step, as Keras defines them."""

import tensorflow as tf


def against_labels(dense):
    """A dense loss, given class indices; a single score's label is its target itself."""

    def loss(y, scores):
        classes = scores.shape[-1]
        targets = tf.reshape(y, [-1, 1]) if classes == 1 else tf.one_hot(tf.cast(y, tf.int32), classes)
        return dense(tf.cast(targets, scores.dtype), scores)

    return loss


def loss_of(output):
    """The Keras loss of an Output layer's parameters; scores are logits."""
    losses, name, smoothing = tf.keras.losses, output["loss"], output.get("labelSmoothing", 0.0)
    softmax = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    sigmoid = losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    if name == "crossEntropy":
        return against_labels(softmax) if smoothing > 0 else losses.SparseCategoricalCrossentropy(from_logits=True)
    return {
        "denseCrossEntropy": softmax,
        "sigmoidCrossEntropy": sigmoid,
        "labelSigmoidCrossEntropy": against_labels(sigmoid),
        "meanSquaredError": losses.MeanSquaredError(),
        "meanAbsoluteError": losses.MeanAbsoluteError(),
        "huber": losses.Huber(delta=output.get("delta", 1.0)),
    }[name]


def schedule_of(settings):
    """A schedule of Keras' own where there is one: {"kind": "step" | "cosine", …}, else the constant rate."""
    rate, schedule = settings["learningRate"], settings.get("schedule")
    kinds = tf.keras.optimizers.schedules
    if schedule is None:
        return rate
    if schedule["kind"] == "step":
        return kinds.ExponentialDecay(rate, schedule["everySteps"], schedule["factor"], staircase=True)
    return kinds.CosineDecay(rate, schedule["steps"], schedule["finalFactor"])


def optimizer_of(settings):
    """{"optimizer", "learningRate", "schedule"?, "keras"?}: `keras` holds arguments of that optimizer's constructor."""
    kinds = tf.keras.optimizers
    make = {"rmsprop": kinds.RMSprop, "adam": kinds.Adam, "adamw": kinds.AdamW}.get(settings["optimizer"], kinds.SGD)
    nesterov = {"nesterov": True} if settings["optimizer"] == "nesterov" else {}
    return make(schedule_of(settings), **nesterov, **settings.get("keras", {}))


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
