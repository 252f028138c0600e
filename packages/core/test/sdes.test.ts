import { describe, expect, it } from "vitest";
import { subVp, ve, vp, type Process } from "../src/sdes.ts";

const processes: Record<string, Process> = { ve: ve([0.01, 50]), vp: vp(), "sub-vp": subVp() };
const times = [0.001, 0.03, 0.2, 0.5, 0.9, 1];

/** The derivative of a function, by central differences. */
const derivative = (f: (t: number) => number, t: number, h = 1e-5 * t): number =>
  (f(t + h) - f(t - h)) / (2 * h);

describe.each(Object.entries(processes))("%s", (_, { sigma, time, scale, drift, diffusion }) => {
  it.each(times)("is at its own sigma at time %s", (t) => {
    expect(time(sigma(t))).toBeCloseTo(t, 12);
  });

  it.each(times)("has the drift and diffusion of its scale and sigma at time %s", (t) => {
    expect(drift(t)).toBeCloseTo(
      derivative((t) => Math.log(scale(t)), t),
      6,
    );
    const squared = scale(t) ** 2 * derivative((t) => sigma(t) ** 2, t);
    expect(diffusion(t) ** 2 / squared).toBeCloseTo(1, 7);
  });
});

describe("the moments of data in a process", () => {
  it("are those of the papers", () => {
    const t = 0.37;
    const b = 0.1 * t + (19.9 / 2) * t ** 2;
    const noise = (process: Process) => (process.scale(t) * process.sigma(t)) ** 2;
    expect(processes.vp.scale(t)).toBeCloseTo(Math.exp(-b / 2), 14);
    expect(noise(processes.vp)).toBeCloseTo(1 - Math.exp(-b), 14);
    expect(processes["sub-vp"].scale(t)).toBeCloseTo(Math.exp(-b / 2), 14);
    expect(noise(processes["sub-vp"])).toBeCloseTo((1 - Math.exp(-b)) ** 2, 14);
    expect(processes.ve.sigma(t)).toBeCloseTo(0.01 * 5000 ** t, 12);
  });
});
