"""Timed rounds of training: a loop over one tf.function, or Keras' own fit."""

import time

import numpy as np
import tensorflow as tf

from training import counts_classes, loss_of, make_step, optimizer_of


class FunctionLoop:
    def __init__(self, built, settings, x, y, batch):
        self.step = make_step(built, optimizer_of(settings))
        self.batches = [(x[at : at + batch], y[at : at + batch]) for at in range(0, len(x), batch)]
        self.next = 0

    def run(self, steps):
        started = time.perf_counter()
        for _ in range(steps):
            x, y = self.batches[self.next % len(self.batches)]
            self.next += 1
            loss, _ = self.step(tf.constant(x), tf.constant(y))
            value = float(loss)
        return time.perf_counter() - started, value


class FitLoop:
    def __init__(self, built, settings, x, y, batch):
        self.model, self.batch, self.x, self.y = built.model, batch, x, y
        metrics = ["accuracy"] if counts_classes(built.output) else None
        self.model.compile(optimizer=optimizer_of(settings), loss=loss_of(built.output), metrics=metrics)

    def run(self, steps):
        samples = steps * self.batch
        repeats = -(-samples // len(self.x))
        x = np.concatenate([self.x] * repeats)[:samples]
        y = np.concatenate([self.y] * repeats)[:samples]
        started = time.perf_counter()
        history = self.model.fit(x, y, batch_size=self.batch, epochs=1, shuffle=False, verbose=0)
        return time.perf_counter() - started, float(history.history["loss"][-1])


LOOPS = {"function": FunctionLoop, "fit": FitLoop}
