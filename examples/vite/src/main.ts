import { load, type Images } from "@ncsn/infer/web";

const canvas = document.querySelector("canvas")!;
const output = document.querySelector("output")!;
const form = document.querySelector("form")!;

/** 16 grey images, four in a row, a canvas pixel for each of theirs. */
function draw({ shape: [count, , height, width], data }: Images): void {
  canvas.width = 4 * width;
  canvas.height = (count / 4) * height;
  const context = canvas.getContext("2d")!;
  for (let image = 0; image < count; image++) {
    const picture = new ImageData(width, height);
    for (let i = 0; i < width * height; i++)
      picture.data.set([255, 255, 255, 255 * data[image * width * height + i]], 4 * i);
    context.putImageData(picture, (image % 4) * width, Math.floor(image / 4) * height);
  }
}

const asked = new URLSearchParams(location.search).get("device"); // ?device=wasm
try {
  const model = await load(new URL("../../../models/mnist.onnx", import.meta.url), {
    device: asked === "webgpu" || asked === "wasm" ? asked : "auto",
  });
  let stop = new AbortController();
  let seed = 0;

  const sample = async () => {
    stop.abort(); // the sampling before ends within a step
    stop = new AbortController();
    const { signal } = stop;
    const began = performance.now();
    for await (const frame of model.steps({ count: 16, steps: 20, seed: seed++, signal })) {
      draw(await frame.pixels("denoised"));
      output.value = `σ ${frame.sigma.toPrecision(2)}`;
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    output.value = `${seconds} s on ${model.device.name}`;
  };
  const sampleOrSay = () =>
    sample().catch((error: unknown) => {
      if ((error as Error).name !== "AbortError") output.value = (error as Error).message;
    });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void sampleOrSay();
  });
  await sampleOrSay();
} catch (error) {
  output.value = (error as Error).message;
}
