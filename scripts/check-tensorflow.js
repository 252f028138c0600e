/**
 * Child of setup-tensorflow.js: loads a TensorFlow.js package with its native part, convolves, and prints what it found
 * as one line of JSON. A native library that does not fit ends the process, hence a process of its own.
 *
 * @module
 */
import util from "node:util";

// Node 23 removed two functions that tfjs-node 4.22 still calls.
Object.assign(util, {
  isNullOrUndefined: (/** @type {unknown} */ value) => value === null || value === undefined,
  isArray: Array.isArray,
});

const [url] = process.argv.slice(2);
const { default: tf } = await import(url);
await tf.ready();
const backend = tf.backend();

// Ones convolved with ones: in the middle of the image, every value is the number of taps, 3·3·64.
const probe = tf.tidy(() =>
  tf.conv2d(tf.ones([1, 28, 28, 64]), tf.ones([3, 3, 64, 64]), 1, "same").arraySync(),
);
const found = probe[0][14][14][0];
if (found !== 576) throw new Error(`conv2d computes ${found} where 576 is right`);

const x = tf.randomNormal([32, 28, 28, 64]);
const w = tf.randomNormal([3, 3, 64, 64]);
const forward = () => tf.sum(tf.conv2d(x, w, 1, "same"));
const gradient = tf.grad((/** @type {unknown} */ weight) => tf.sum(tf.conv2d(x, weight, 1, "same")));
console.log(
  JSON.stringify({
    tensorflow: backend.binding.TF_Version,
    gpu: backend.isUsingGpuDevice === true,
    forward: median(() => tf.tidy(() => forward().dataSync())),
    gradient: median(() => tf.tidy(() => tf.sum(gradient(w)).dataSync())),
  }),
);

/** Milliseconds of the middle one of 15 runs, after 3 to warm up. @param {() => unknown} work */
function median(work) {
  const times = [];
  for (let i = 0; i < 18; i++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return times.slice(3).sort((a, b) => a - b)[7];
}
