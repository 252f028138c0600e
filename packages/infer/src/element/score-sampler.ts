/**
 * `<score-sampler src="mnist.onnx">`: images that condense out of noise, in any page.
 *
 * The file is long because a custom element is one class: its attributes, properties, methods and events, and in which
 * order a model is loaded, sampled and let go. What it does with them is in the files beside it.
 */
import { isImage } from "@ncsn/core";
import type { DeviceInUse } from "../device.ts";
import type { Images, Model } from "../model.ts";
import { buildControls, setPlayAction, setSeed, setSlider, type Controls } from "./controls.ts";
import { EventfulElement, type ScoreSamplerEvents } from "./events.ts";
import { Playback } from "./playback.ts";
import { defineProperties, properties } from "./properties.ts";
import type { Kept } from "./recording.ts";
import { attributes, readSettings, type AttributeName, type Settings } from "./settings.ts";
import { holdModel, type Hold } from "./shared-model.ts";
import { Stage } from "./stage.ts";

/** What the element asks of `load`. */
export type LoadModel = (source: string, options: LoadingOptions) => Promise<Model>;

interface LoadingOptions {
  readonly device: "auto" | "webgpu" | "wasm";
  readonly wasmPaths?: string;
  readonly signal: AbortSignal;
}

/** How a sampling begins: with its first step to look at, playing, or at its result. */
type Intent = "first" | "play" | "final";

/** The custom element `<score-sampler>`. `docs/element.md` has its attributes, events, parts and custom properties. */
export class ScoreSampler extends EventfulElement {
  /** Gets `load`, when it is first needed; each build of this package has its own. */
  static loader: () => Promise<LoadModel> = () => Promise.reject(new Error("score-sampler was not defined"));

  static readonly observedAttributes: readonly string[] = Object.keys(attributes);

  /** The model file's address; another address, device or wasmPaths loads anew. */
  declare src: string | null;
  /** Images; 16 unless told, 2,000 where they are points. */
  declare count: number | null;
  /** Images in a row; as near to a square as can be unless told. */
  declare columns: number | null;
  /** A sampler's name; the model's own unless told. */
  declare sampler: string | null;
  /** Levels or intervals of the schedule; the sampler's unless told. */
  declare steps: number | null;
  /** 0 unless told. */
  declare seed: number | null;
  /** Class of all images, by name or number, or one for each, separated by commas. */
  declare label: string | number | readonly (string | number)[] | null;
  /** "scaled" unless told, "denoised" (one more evaluation for each picture) or "x". */
  declare view: string | null;
  /** Seconds that playing takes at least; 3 unless told. */
  declare duration: number | null;
  /** Play when it comes into view; with reduced motion, show the result. */
  declare autoplay: boolean;
  /** "auto" unless told, "webgpu" or "wasm". */
  declare device: string | null;
  /** The folder of ONNX Runtime's files. */
  declare wasmPaths: string | null;

  readonly #internals: ElementInternals = this.attachInternals();
  readonly #stage = new Stage();
  readonly #controls: Controls;
  readonly #sight: IntersectionObserver;
  /** Points have the colour of the text, which follows the scheme. */
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = (): void => this.#stage.redraw();
  readonly #changed = new Set<string>();
  /** Those who want the sampling that the attributes describe. */
  #waiting: { resolve(playback: Playback): void; reject(reason: unknown): void }[] = [];
  #open = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #near = false;
  /** What was asked for; undefined while `autoplay` decides. */
  #intent: Intent | undefined;
  #given: Model | undefined;
  #hold: Hold | undefined;
  #model: Model | undefined;
  #settings: Settings | undefined;
  #playback: Playback | undefined;
  #error: Error | undefined;

  constructor() {
    super();
    this.#internals.role = "group";
    this.#internals.ariaLabel = "Sampler";
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    this.#controls = buildControls(root, this.#stage.canvas);
    const { play, seed, slider, retry } = this.#controls;
    play.addEventListener("click", () => this.#toggle());
    this.#stage.canvas.addEventListener("click", () => this.#toggle());
    seed.addEventListener("click", () => this.#newSeed());
    slider.addEventListener("input", () => this.#seek(Number(slider.value) - 1));
    retry.addEventListener("click", () => {
      this.#change("model");
      play.focus(); // this button goes, and the focus must not go with it
    });
    root.addEventListener("keydown", (event) => this.#key(event as KeyboardEvent));
    this.#sight = new IntersectionObserver(
      (entries) => {
        this.#near = entries.at(-1)?.isIntersecting ?? false;
        if (this.#playback) this.#playback.visible = this.#near;
        if (this.#near) this.#load();
      },
      { rootMargin: "200px" },
    );
  }

  /**
   * The loaded model. Setting one shows it instead of `src`'s, and leaves its disposal to whoever opened it; undefined
   * goes back to `src`.
   */
  get model(): Model | undefined {
    return this.#model ?? this.#given;
  }
  set model(model: Model | undefined) {
    this.#given = model;
    this.#change("model");
  }

  /** Whether nothing plays. */
  get paused(): boolean {
    return this.#playback?.playing !== true;
  }

  /** Whether the images are finished. */
  get complete(): boolean {
    return this.#playback?.complete === true;
  }

  /** What went wrong, as shown in the element. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Plays from what is shown, or again from the beginning; loads the model first where need be. */
  play(): void {
    this.#intent = "play";
    if (this.#playback) this.#playback.play();
    else this.#load();
  }

  /** Stops after the step under way. */
  pause(): void {
    this.#intent = "first";
    this.#playback?.pause();
  }

  /**
   * Samples what the attributes say, shows the result without the way there, and gives it in pixels.
   * @throws what loading and sampling throw; AbortError where an attribute changes or the element leaves the page
   */
  async sample(): Promise<Images> {
    if (!this.#open) throw new DOMException("this score-sampler is in no page", "InvalidStateError");
    if (this.#given === undefined && !this.src)
      throw new TypeError("this score-sampler has no src and no model");
    this.#intent = "final";
    if (this.#playback) return this.#playback.finish();
    if (this.#error) this.#change("model");
    this.#load();
    const playback = await new Promise<Playback>((resolve, reject) =>
      this.#waiting.push({ resolve, reject }),
    );
    return playback.finish();
  }

  connectedCallback(): void {
    clearTimeout(this.#leaving);
    if (this.#open) return; // it was only moved
    this.#open = true;
    for (const name of Object.keys(properties) as (keyof this)[]) this.#adopt(name);
    this.#adopt("model");
    this.#stage.observing = true;
    this.#sight.observe(this);
    this.#scheme.addEventListener("change", this.#redraw);
    this.#change("model");
  }

  disconnectedCallback(): void {
    this.#leaving = setTimeout(() => {
      this.#open = this.#near = false;
      this.#intent = undefined;
      this.#stage.observing = false;
      this.#sight.disconnect();
      this.#scheme.removeEventListener("change", this.#redraw);
      this.#unload();
      this.#refuse(new DOMException("this score-sampler has left its page", "AbortError"));
    });
  }

  attributeChangedCallback(name: AttributeName, before: string | null, now: string | null): void {
    if (before !== now) this.#change(attributes[name]);
  }

  /** A property that was set before the element was defined hides the accessor. */
  #adopt(name: keyof this): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  /** Stops at once what has no use any more; what many changes in a row come to is looked at once. */
  #change(what: (typeof attributes)[AttributeName]): void {
    if (!this.#open || what === "nothing") return;
    if (what === "model") this.#unload();
    else if (what === "sampling") this.#drop();
    this.#changed.add(what);
    if (this.#changed.size === 1) queueMicrotask(() => this.#settle());
  }

  #settle(): void {
    if (this.#changed.has("model")) this.#stage.show(undefined);
    this.#changed.clear();
    if (!this.#open) return;
    if (this.#playback) this.#arrange();
    else if (this.#model) this.#begin();
    else this.#load();
  }

  #load(): void {
    const { src } = this;
    if (!this.#open || this.#changed.size > 0 || this.#model || this.#hold || this.#error) return;
    if (this.#given) return this.#ready(this.#given);
    if (!src || !(this.#near || this.#intent === "play" || this.#intent === "final")) return;
    this.#setState("loading", true);
    this.#say("Loading the model");
    const { device, wasmPaths } = this;
    const options = {
      device: (device ?? "auto") as LoadingOptions["device"], // load refuses an unknown one and lists the known
      ...(wasmPaths !== null && { wasmPaths }),
    };
    const hold = holdModel(JSON.stringify([src, options]), async (signal) =>
      (await ScoreSampler.loader())(src, { ...options, signal }),
    );
    this.#hold = hold;
    hold.model.then(
      (model) => this.#hold === hold && this.#ready(model),
      (error: unknown) => this.#hold === hold && this.#fail(error),
    );
  }

  #ready(model: Model): void {
    this.#model = model;
    this.#setState("loading", false);
    this.#tell("load", { card: model.card, device: model.device });
    if (this.#model === model && this.#changed.size === 0) this.#begin();
  }

  #begin(): void {
    const model = this.#model;
    if (model === undefined) return;
    this.#setError(undefined);
    try {
      const settings = readSettings((name) => this.getAttribute(name), model.card);
      model.plan(settings.request); // says at once what is wrong with a request
      this.#settings = settings;
      const playback: Playback = new Playback(model, settings.request, settings, {
        step: ({ index, total, sigma, evaluations }) =>
          this.#tell("step", { index, total, sigma, evaluations, seed: settings.request.seed }),
        show: (moment) => this.#show(moment),
        playing: (playing) => {
          this.#setState("playing", playing);
          this.#describe();
          this.dispatchEvent(new Event(playing ? "play" : "pause"));
        },
        complete: (images) => {
          const { seed } = settings.request;
          this.#setState("complete", true);
          this.#describe();
          this.#say(`Finished: ${this.#what()}`);
          this.#tell("complete", { images, seed });
        },
        failed: (error) => this.#fail(error),
      });
      this.#playback = playback;
      playback.visible = this.#near;
    } catch (error) {
      return this.#fail(error);
    }
    this.#arrange();
    this.#describeDevice(model.device);
    this.#enable(true);
    const intent = this.#intent ?? (this.autoplay ? this.#unasked() : "first");
    if (intent === "play") this.#playback.play();
    else if (intent === "final")
      this.#playback.finish().catch(() => {}); // told by failed
    else this.#playback.seek(0);
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(this.#playback);
  }

  /** How images come that nobody pressed play for: nothing moves where people want less motion. */
  #unasked(): Intent {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? "final" : "play";
  }

  #arrange(): void {
    const model = this.#model;
    if (!model || !this.#settings) return;
    try {
      this.#settings = {
        ...this.#settings,
        columns: readSettings((name) => this.getAttribute(name), model.card).columns,
      };
    } catch (error) {
      return this.#fail(error);
    }
    const { card } = model;
    const { scale, offset } = card.pixels;
    this.#stage.layout = {
      count: this.#settings.request.count,
      columns: this.#settings.columns,
      shape: card.shape,
      window: { centre: -offset / scale, reach: (3 * card.sigmaData) / Math.abs(scale) },
    };
  }

  /** Ends the sampling; the next one goes on as this one was going. */
  #drop(): void {
    const playback = this.#playback;
    if (playback?.playing === true) this.#intent = "play";
    else if (playback?.complete === true) this.#intent = this.#unasked();
    playback?.drop();
    this.#playback = undefined;
    this.#setState("playing", false);
    this.#setState("complete", false);
  }

  #unload(): void {
    this.#drop();
    this.#hold?.release();
    this.#hold = this.#model = this.#settings = undefined;
    this.#setState("loading", false);
    this.#setError(undefined);
    this.#enable(false);
    setPlayAction(this.#controls, "Play");
    this.#controls.moment.textContent = this.#controls.device.textContent = "";
  }

  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#drop();
    this.#setState("loading", false);
    this.#enable(false);
    this.#setError(error);
    this.#refuse(error);
    this.dispatchEvent(new ErrorEvent("error", { message: error.message, error }));
  }

  #refuse(reason: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
  }

  #setError(error: Error | undefined): void {
    this.#error = error;
    this.#setState("error", error !== undefined);
    this.#controls.play.disabled = error !== undefined;
    this.#controls.error.hidden = error === undefined;
    this.#controls.message.textContent = error?.message ?? "";
    if (error) {
      this.#stage.show(undefined);
      this.#say("");
    }
  }

  #toggle(): void {
    if (this.paused) this.play();
    else this.pause();
  }

  #seek(index: number): void {
    this.#intent = "first";
    this.#playback?.seek(index);
    this.#describe();
  }

  /** A million seeds are enough to be surprised by and short enough to be read out. */
  #newSeed(): void {
    const [bits] = crypto.getRandomValues(new Uint32Array(1));
    this.seed = bits % 1_000_000;
    this.#intent = this.#unasked();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#playback) return;
    const onButton = event.target instanceof HTMLButtonElement;
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 } as const;
    if (event.key === " " && !onButton) this.#toggle();
    else if (event.key in direction) {
      this.#intent = "first";
      this.#playback.stepBy(direction[event.key as keyof typeof direction]);
    } else if (event.key === "Home") this.#seek(0);
    else if (event.key === "End") this.#seek(this.#playback.end);
    else return;
    event.preventDefault();
  }

  #show(moment: Kept): void {
    this.#stage.show(moment.picture);
    this.#describe();
  }

  /** The slider waits for the first step, which tells how many there are; play can always be asked for. */
  #enable(on: boolean): void {
    const { slider, seed } = this.#controls;
    seed.disabled = !on;
    slider.disabled ||= !on;
  }

  /** Brings the controls and their words up to date with what is shown. */
  #describe(): void {
    const playback = this.#playback;
    const moment = playback?.shown;
    if (!playback || !moment || !this.#settings) return;
    const { seed } = this.#settings.request;
    const [step, end] = [moment.index + 1, playback.end + 1];
    const sigma = Number(moment.sigma.toPrecision(2));
    const done = playback.complete && moment.index === playback.end;
    this.#controls.slider.disabled = false;
    setPlayAction(this.#controls, playback.playing ? "Pause" : done ? "Play again" : "Play");
    setSeed(this.#controls, seed);
    setSlider(
      this.#controls,
      playback.position,
      playback.end,
      `step ${step} of ${end}, noise level ${sigma}`,
    );
    this.#controls.moment.textContent = `seed ${seed} · step ${step}/${end} · σ ${sigma}`;
    if (!playback.playing)
      this.#stage.canvas.ariaLabel = done ? this.#what() : `${this.#what()}, step ${step} of ${end}`;
  }

  #describeDevice({ name, threads, unused }: DeviceInUse): void {
    const { device } = this.#controls;
    const many = threads === 1 ? "1 thread" : `${threads} threads`;
    device.textContent = name === "webgpu" ? "WebGPU" : `${name.toUpperCase()} · ${many}`;
    device.title = unused.map(({ name, reason }) => `${name}: ${reason}`).join("\n");
  }

  #what(): string {
    const [model, settings] = [this.#model, this.#settings];
    if (!model || !settings) return "";
    const { count, seed } = settings.request;
    const kind = isImage(model.card) ? "image" : "point";
    return `${count} ${kind}${count === 1 ? "" : "s"} from ${model.card.name}, seed ${seed}`;
  }

  #say(text: string): void {
    this.#controls.status.textContent = text;
  }

  /** For `:state(loading)` and its like in style sheets. */
  #setState(name: "loading" | "playing" | "complete" | "error", on: boolean): void {
    const { states } = this.#internals;
    if (on) states.add(name);
    else states.delete(name);
    if (name !== "loading") return;
    this.#internals.ariaBusy = String(on);
    this.#controls.stage.classList.toggle("loading", on);
  }

  #tell<Name extends "load" | "step" | "complete">(
    name: Name,
    detail: ScoreSamplerEvents[Name]["detail"],
  ): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

defineProperties(ScoreSampler.prototype);
