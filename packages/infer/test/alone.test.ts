import { load } from "@ncsn/infer/node";
import { expect, test } from "vitest";

test("an image on its own, which from the second on has all cores, is the same one bit for bit", async () => {
  const model = await load(new URL("../../../models/mnist.onnx", import.meta.url), {
    device: "cpu",
    threads: 2,
    workers: 2,
  });
  const request = { seed: 5, steps: 3 } as const;
  const together = await model.sample({ ...request, count: 4 });
  for (let i = 0; i < 3; i++) {
    const { data } = await model.sample({ ...request, count: 1, first: 2 });
    expect(data).toEqual(together.data.subarray(2 * 784, 3 * 784));
  }
  await model.dispose();
});
