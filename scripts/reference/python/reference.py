"""Keras as a server: one JSON request a line on stdin, one JSON answer a line on stdout.

{"id", "op", …} → {"id", "ok": true, "result"} or {"id", "ok": false, "error"}. Models are built afresh for each
request but the timed ones, which stay until the next "prepare".
"""

import json
import os
import sys
import traceback

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever a library prints goes to stderr, so that answers stay JSON

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

import timing  # noqa: E402
from layers import Built  # noqa: E402
from training import loss_of, make_step, optimizer_of  # noqa: E402
from wire import decode, decode_all, encode, encode_all  # noqa: E402

threads = os.environ.get("TF_NUM_INTRAOP_THREADS")
if threads is not None:
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
tf.config.threading.set_inter_op_parallelism_threads(int(os.environ.get("TF_NUM_INTEROP_THREADS", "1")))

prepared = None


def build(request):
    tf.keras.backend.clear_session()
    dtype = request.get("dtype", "float32")
    tf.keras.backend.set_floatx(dtype)
    built = Built(request["layers"], dtype, request.get("seed", 0))
    if "weights" in request:
        built.set_weights(decode_all(request["weights"]))
    return built, dtype


def inputs(built, request, dtype):
    x = decode(request["x"])
    return tf.constant(x if built.model.input.dtype == tf.int32 else x.astype(dtype))


def targets(request, dtype):
    y = decode(request["y"])
    return tf.constant(y if y.dtype.kind in "iu" else y.astype(dtype))


def version(_request):
    return {"tensorflow": tf.__version__, "keras": keras.__version__, "python": sys.version.split()[0]}


def forward(request):
    built, dtype = build(request)
    return {"scores": encode(built.model(inputs(built, request, dtype), training=False).numpy())}


def gradients(request):
    """Loss in training mode, its gradient by each trainable weight, and all weights after the pass."""
    built, dtype = build(request)
    with tf.GradientTape() as tape:
        scores = built.model(inputs(built, request, dtype), training=True)
        loss = loss_of(built.output)(targets(request, dtype), scores)
    wanted = {name: variable for name, variable in built.variables.items() if variable.trainable}
    found = tape.gradient(loss, wanted)
    dense = {name: tf.convert_to_tensor(value).numpy() for name, value in found.items()}
    return {"loss": float(loss), "gradients": encode_all(dense), "weights": encode_all(built.get_weights())}


def train(request):
    """One step for each of `batches`; [{x, y}, …] is used round and round for `steps`."""
    built, dtype = build(request)
    step = make_step(built, optimizer_of(request["settings"]))
    batches = [(inputs(built, batch, dtype), targets(batch, dtype)) for batch in request["batches"]]
    losses = []
    for index in range(request["steps"]):
        losses.append(float(step(*batches[index % len(batches)])[0]))
        built.step.assign_add(1)
    return {"losses": losses, "weights": encode_all(built.get_weights())}


def prepare(request):
    global prepared
    prepared = None
    built, dtype = build(request)
    x, y = decode(request["x"]), decode(request["y"])
    prepared = timing.LOOPS[request["loop"]](built, request["settings"], x, y, request["batchSize"])
    return {}


def run_round(request):
    seconds, loss = prepared.run(request["steps"])
    return {"ms": seconds * 1000, "loss": loss}


OPERATIONS = {"version": version, "forward": forward, "gradients": gradients, "train": train, "prepare": prepare, "round": run_round}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"id": request["id"], "ok": True, "result": OPERATIONS[request["op"]](request)}
    except Exception as error:
        traceback.print_exc()
        answer = {"id": request["id"], "ok": False, "error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
