// Loads what a node and its trainings load that is no JavaScript: Temporal's bridge, and TensorFlow, which multiplies once.
// `cyxwiz node update` runs this from a new version before anything is started from there.
import { register } from 'tsx/esm/api';

register();
await import('@temporalio/worker');
const { loadTensorflow } = await import('#engine/node/load-tensorflow');
const { tf, profile } = loadTensorflow();
const [product] = tf.matMul(tf.tensor2d([[3]]), tf.tensor2d([[4]])).dataSync();
if (product !== 12) throw new Error(`TensorFlow says that 3 times 4 is ${product}`);
process.stdout.write(`${JSON.stringify({ tensorflow: profile.tensorflow, device: profile.device })}\n`);
