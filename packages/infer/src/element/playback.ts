/**
 * One sampling as it is watched: steps are taken when there is time to show them, and what has been shown can be gone
 * back to. Nothing runs ahead of the eye. A few lines over the limit, for play, pause, seek and finish share one state.
 */
import type { Frame, Images, Model, View } from "../model.ts";
import type { SampleRequest } from "../plan.ts";
import { pictureOf, Recording, type Kept } from "./recording.ts";

/** What a playback tells; each is called between two steps. */
export interface PlaybackListener {
  /** A step was taken. */
  step(frame: Frame): void;
  /** This is to be seen now. */
  show(moment: Kept): void;
  /** Playing began, or stopped by itself or by `pause`. */
  playing(playing: boolean): void;
  /** The last step was taken. */
  complete(images: Images): void;
  failed(error: unknown): void;
}

/** What is fixed for a playback. */
export interface PlaybackSettings {
  readonly view: View;
  /** Seconds that playing takes at least. */
  readonly duration: number;
}

/** Steps that are faster than a screen is are not shown one by one, ms. */
const leastShown = 25;

/** Pictures that are kept at most of a sampling whose way is not shown, so that it can be played afterwards. */
const mostHurried = 64;

/** A sampling that plays, pauses, and goes to any step. */
export class Playback {
  readonly #recording = new Recording();
  readonly #abort = new AbortController();
  readonly #steps: AsyncGenerator<Frame, void>;
  readonly #settings: PlaybackSettings;
  readonly #listener: PlaybackListener;
  readonly #finished: Promise<Images>;
  #resolve!: (images: Images) => void;
  #reject!: (reason: unknown) => void;
  /** What the newest step looked like, unrounded; the result in the end. */
  #newest: Images | undefined;
  #complete = false;
  #shown: Kept | undefined;
  #shownAt = 0;
  /** The step to get to without waiting; 0 to begin with, so that there is something to look at. */
  #goal = 0;
  #playing = false;
  #visible = true;
  #total: number | undefined;
  #ticket: number | undefined;
  #busy = false;

  constructor(model: Model, request: SampleRequest, settings: PlaybackSettings, listener: PlaybackListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#steps = model.steps({ ...request, signal: this.#abort.signal });
    this.#finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#finished.catch(() => {}); // not everybody asks
  }

  /** What is to be seen now. */
  get shown(): Kept | undefined {
    return this.#shown;
  }

  /** The step that is shown, or that is on its way. */
  get position(): number {
    const shown = this.#shown?.index ?? 0;
    return this.#playing || this.#goal === Infinity ? shown : Math.max(shown, this.#goal);
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Whether the last step has been taken. */
  get complete(): boolean {
    return this.#complete;
  }

  /** The last step that can be gone to. */
  get end(): number {
    return this.#total === undefined ? Math.max(this.#sampled, 0) : this.#total - 1;
  }

  /** Whether anybody could see it; playing waits while nobody can. */
  set visible(visible: boolean) {
    this.#visible = visible;
    this.#schedule();
  }

  /** Goes on, from the beginning if the end is shown. */
  play(): void {
    this.#goal = 0;
    if (this.#playing) return;
    if (this.#atEnd()) this.#show(this.#recording.at(0));
    this.#setPlaying(true);
  }

  pause(): void {
    this.#goal = 0;
    if (this.#playing) this.#setPlaying(false);
  }

  /** Stops playing and goes to a step, sampling up to it where need be. */
  seek(index: number): void {
    this.pause();
    if (index <= this.#sampled) this.#show(this.#recording.at(index));
    else this.#goal = Math.min(index, (this.#total ?? Infinity) - 1);
    this.#schedule();
  }

  /** The step after the one that is shown, or the one before. */
  stepBy(direction: 1 | -1): void {
    const index = this.#shown?.index ?? 0;
    this.seek(direction === 1 ? (this.#recording.after(index)?.index ?? index + 1) : Math.max(index - 1, 0));
  }

  /** Samples to the end without showing the way. @throws what sampling throws; AbortError where it is dropped */
  async finish(): Promise<Images> {
    this.pause();
    this.#goal = Infinity;
    this.#schedule();
    const images = await this.#finished;
    this.#show(this.#recording.last);
    return images;
  }

  /** Stops everything, within one step. */
  drop(): void {
    this.#playing = false;
    this.#abort.abort();
    this.#cancelTicket();
    this.#reject(this.#abort.signal.reason);
    void this.#steps.return().catch(() => {}); // it ends by the signal, if it has begun
  }

  /** The newest step that can be shown; −1 before the first. */
  get #sampled(): number {
    return this.#recording.last?.index ?? -1;
  }

  #atEnd(): boolean {
    return this.complete && this.#shown === this.#recording.last;
  }

  #setPlaying(playing: boolean): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#shownAt = performance.now();
    this.#listener.playing(playing);
    this.#schedule();
  }

  /** Whether there is something to do now. */
  #wanted(): boolean {
    if (this.#abort.signal.aborted) return false;
    if (this.complete) return this.#playing && this.#visible;
    if (this.#goal === Infinity) return true;
    return this.#visible && (this.#playing || this.#sampled < this.#goal);
  }

  #schedule(): void {
    if (this.#busy || !this.#wanted()) return;
    if (this.#goal === Infinity) {
      this.#cancelTicket();
      void this.#work(Infinity); // also where no frame is drawn: a page in the background
      return;
    }
    if (this.#ticket !== undefined) return;
    this.#ticket = requestAnimationFrame((now) => {
      this.#ticket = undefined;
      const target = this.#target(now);
      if (target === undefined) this.#schedule();
      else void this.#work(target);
    });
  }

  #cancelTicket(): void {
    if (this.#ticket !== undefined) cancelAnimationFrame(this.#ticket);
    this.#ticket = undefined;
  }

  /** The step that is due; undefined while the one before has not been seen for long enough. */
  #target(now: number): number | undefined {
    if (!this.#playing) return this.#goal;
    const pause = (1000 * this.#settings.duration) / Math.max(this.#total ?? 50, 1);
    const due = Math.floor((now - this.#shownAt) / pause);
    return due < 1 && this.#shown ? undefined : (this.#shown?.index ?? -1) + Math.max(due, 1);
  }

  async #work(target: number): Promise<void> {
    this.#busy = true;
    try {
      const next = this.#shown && this.#recording.after(this.#shown.index);
      if (this.#playing && next) {
        const moment = this.#recording.at(target);
        this.#show(moment && moment.index > next.index ? moment : next);
      } else if (!this.complete) await this.#advance(target);
      if (this.#playing && this.#atEnd()) this.#setPlaying(false);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#abort.abort();
        this.#reject(error);
        this.#setPlaying(false);
        this.#listener.failed(error);
      }
    } finally {
      this.#busy = false;
    }
    this.#schedule();
  }

  /** Takes steps to the target, or for as long as a frame on the screen lasts, and shows where that has led. */
  async #advance(target: number): Promise<void> {
    const began = performance.now();
    for (;;) {
      const { done, value: frame } = await this.#steps.next();
      if (this.#abort.signal.aborted) return;
      if (done === true) return this.#end();
      this.#total = frame.total;
      this.#listener.step(frame);
      const last = frame.index + 1 === frame.total;
      const hurried = this.#goal === Infinity;
      const due = hurried
        ? frame.index % Math.ceil((frame.total ?? 1) / mostHurried) === 0
        : frame.index >= target || performance.now() - began > leastShown;
      if (!last && !due && frame.total !== undefined) continue;
      const { index, total, sigma, evaluations } = frame;
      this.#newest = await frame.pixels(last || sigma === 0 ? "x" : this.#settings.view);
      if (this.#abort.signal.aborted) return;
      const moment = { index, total, sigma, evaluations, picture: pictureOf(this.#newest) };
      this.#recording.add(moment);
      if (!hurried || this.#shown === undefined) this.#show(moment);
      if (!hurried && !last) return;
    }
  }

  #end(): void {
    if (this.#newest === undefined) return this.#reject(new Error("the sampler took no step"));
    this.#complete = true;
    this.#goal = 0;
    this.#show(this.#recording.last);
    this.#resolve(this.#newest);
    this.#listener.complete(this.#newest);
  }

  #show(moment: Kept | undefined): void {
    if (moment === undefined || moment === this.#shown) return;
    this.#shown = moment;
    this.#shownAt = performance.now();
    this.#listener.show(moment);
  }
}
