/** The ruler of noise levels: a logarithmic scale that falls from left to right, with a slider on it. */

/** Where on the ruler σ is: 0 at the largest, 1 at the end. */
export interface SigmaAxis {
  position(sigma: number): number;
  sigma(position: number): number;
  readonly range: readonly [sigmaMin: number, sigmaMax: number];
  /** The part of the ruler that is logarithmic; what is left belongs to σ = 0. */
  readonly logarithmic: number;
}

/** @param zero whether the ruler ends at 0, clean data, a little beyond sigmaMin */
export function sigmaAxis(range: readonly [sigmaMin: number, sigmaMax: number], zero: boolean): SigmaAxis {
  const [least, most] = range;
  const logarithmic = zero ? 0.94 : 1;
  const span = Math.log(most / least) || 1;
  return {
    range,
    logarithmic,
    position(sigma) {
      if (sigma <= 0) return 1;
      return Math.min(Math.max((logarithmic * Math.log(most / sigma)) / span, 0), logarithmic);
    },
    sigma: (position) => (position > logarithmic ? 0 : most * Math.exp((-position / logarithmic) * span)),
  };
}

/** What a ruler says of its slider. */
export interface ScaleEvents {
  /** The slider was moved to a position from 0 to 1. */
  readonly moved: (position: number) => void;
  /** An arrow key: one step to the right (1) or the left (−1). Without it the keys move the slider evenly. */
  readonly stepped?: (by: 1 | -1) => void;
}

/** A ruler in the page. */
export interface SigmaScale {
  /** Draws the ruler of an axis. */
  show(axis: SigmaAxis): void;
  /** Marks on the ruler, as positions. */
  marks(positions: readonly number[]): void;
  /** Moves the slider. @param text what it stands for, in words */
  move(position: number, sigma: number, text: string): void;
  enable(enabled: boolean): void;
}

const resolution = 1000;

/** Builds a ruler inside an element. */
export function sigmaScale(host: HTMLElement, label: string, { moved, stepped }: ScaleEvents): SigmaScale {
  const ruler = element("div", "ruler");
  const steps = element("canvas", "steps");
  const input = element("input", "slider");
  const value = element("output", "value");
  Object.assign(input, { type: "range", min: "0", max: String(resolution), step: "1", value: "0" });
  input.setAttribute("aria-label", label);
  value.setAttribute("aria-hidden", "true"); // the slider says it
  host.replaceChildren(value, steps, input, ruler);
  input.addEventListener("input", () => moved(Number(input.value) / resolution));
  input.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (stepped === undefined || by === undefined) return;
    event.preventDefault();
    stepped(by as 1 | -1);
  });

  let shown: readonly number[] = [];
  const draw = () => {
    const ratio = devicePixelRatio;
    const width = Math.round(host.clientWidth * ratio);
    if (width === 0) return;
    steps.width = width;
    steps.height = Math.round(12 * ratio);
    const context = steps.getContext("2d");
    if (context === null) return;
    context.fillStyle = getComputedStyle(host).getPropertyValue("--sigma");
    // Marks nearer than three pixels run into a bar; fewer say the same.
    let last = -Infinity;
    for (const position of shown) {
      const at = Math.round(position * (width - ratio));
      if (at - last < 3 * ratio) continue;
      context.fillRect(at, 0, Math.max(1, Math.round(ratio)), steps.height);
      last = at;
    }
  };
  new ResizeObserver(draw).observe(host);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  return {
    show(axis) {
      ruler.replaceChildren(
        ...ticks(axis).map(({ sigma, text }) => {
          const tick = element("span", text === "" ? "tick minor" : "tick");
          tick.style.left = `${100 * axis.position(sigma)}%`;
          tick.textContent = text;
          return tick;
        }),
      );
    },
    marks(positions) {
      shown = positions;
      draw();
    },
    move(position, sigma, text) {
      input.value = String(Math.round(position * resolution));
      input.setAttribute("aria-valuetext", text);
      value.textContent = `σ = ${showSigma(sigma)}`;
      host.style.setProperty("--at", String(position));
    },
    enable(enabled) {
      input.disabled = !enabled;
    },
  };
}

/** σ in three digits. */
export function showSigma(sigma: number): string {
  if (sigma === 0) return "0";
  if (sigma >= 100) return sigma.toFixed(0);
  return sigma >= 0.1 ? sigma.toPrecision(3) : String(Number(sigma.toPrecision(2)));
}

/** Decades with their numbers, the digits between them without, and the ends. */
function ticks(axis: SigmaAxis): { sigma: number; text: string }[] {
  const [least, most] = axis.range;
  const end = axis.logarithmic < 1 ? 0 : least;
  const found = [most, end].map((sigma) => ({ sigma, text: String(Number(sigma.toPrecision(3))) }));
  for (let decade = Math.floor(Math.log10(least)); decade <= Math.log10(most); decade++)
    for (let digit = 1; digit < 10; digit++) {
      const sigma = digit * 10 ** decade;
      if (sigma < least || sigma > most) continue;
      const at = axis.position(sigma);
      const crowded = at < 0.08 || at > 0.92;
      found.push({ sigma, text: digit === 1 && !crowded ? String(10 ** decade) : "" });
    }
  return found;
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
