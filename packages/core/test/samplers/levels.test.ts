import { describe, expect, it } from "vitest";
import { samplers, samplingLevels, schedules, type ScheduleName } from "../../src/index.ts";

const range = { sigmaMin: 0.01, sigmaMax: 2 };
const names = Object.keys(schedules) as ScheduleName[];

describe.each(names)("levels of the schedule %s", (schedule) => {
  const above = [...schedules[schedule](5, range)].filter((sigma) => sigma > 0);

  it("end at 0 for a sampler that takes its last step down to it", () => {
    expect([...samplingLevels(samplers.heun, schedule, 5, range)]).toEqual([...above, 0]);
  });

  it("end above 0 for one that has no step for it", () => {
    expect([...samplingLevels(samplers["annealed-langevin"], schedule, 5, range)]).toEqual(above);
  });
});
