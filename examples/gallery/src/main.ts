/** The gallery: opens a model, and ties the figures to the form, the keys and the page's address. */
import { isImage, readCard, type Card } from "@ncsn/core";
import { load, resolvePlan, type Model, type Plan, type SampleRequest } from "@ncsn/infer/web";
import shipped from "../../../models/mnist.onnx?url";
import { startAnnealing } from "./annealing.ts";
import { startByHand } from "./by-hand.ts";
import { bytesOf } from "./bytes-of.ts";
import { deviceLine } from "./device-line.ts";
import { acceptFiles } from "./dropped-file.ts";
import { byId } from "./page.ts";
import { savePicture } from "./picture-file.ts";
import { startPlane } from "./plane.ts";
import { requestForm, type RequestForm } from "./request-form.ts";
import { startTraining } from "./training.ts";
import { readWish, writeWish, type Wish } from "./wish.ts";

/** Unless told: pictures that fill rows of eight and of four, or points that show a shape. */
const unlessTold = { pictures: 24, points: 500 };

const notice = byId("p", "notice");
const advice = byId("ul", "advice");
const form = byId("form", "request");
const share = byId("button", "share");

let wish = readWish(location.hash);
let open: { readonly model: Model; readonly source: File | URL; readonly form: RequestForm } | undefined;
let opening = new AbortController();

const device = deviceLine();
const byHand = startByHand(report);
const annealing = startAnnealing({
  picked(picture) {
    if (open !== undefined) byHand.show(open.model, picture);
  },
  measured: device.measured,
  failed: report,
});

startPlane();
startTraining((model) => {
  void show(model);
  byId("section", "annealing").scrollIntoView();
});
acceptFiles((file) => void show(file));
byId("button", "new-seed").addEventListener("click", newSeed);
byId("button", "save").addEventListener("click", () => {
  const name = `${open?.model.card.name ?? "samples"}-seed-${wish.seed}.png`;
  savePicture(byId("canvas", "grid"), name).catch(report);
});
byId("button", "next-picture").addEventListener("click", () => annealing.pickNext());
share.addEventListener("click", () => void copyLink());
form.addEventListener("submit", (event) => event.preventDefault());
for (const id of ["plane-request", "training-request"])
  byId("form", id).addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => change(readWish(location.hash)));
addEventListener("keydown", (event) => {
  const busy =
    event.target instanceof Element && event.target.closest("input, select, button, summary, label");
  if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") annealing.toggle();
  else if (event.key === "n") newSeed();
  else return;
  event.preventDefault();
});
await show(new URL(shipped, location.href));

/** Opens a model; the one before it goes on where this one cannot be opened. */
async function show(source: File | URL): Promise<void> {
  opening.abort();
  const { signal } = (opening = new AbortController());
  try {
    const bytes = await bytesOf(source, signal);
    // The noise to start from needs no network, only its card.
    if (open === undefined) annealing.announce(...noiseOf(readCard(bytes)));
    const model = await load(bytes, { device: wish.device, signal });
    const before = open?.model;
    open = { model, source, form: requestForm(form, model, change) };
    notice.hidden = true;
    byId("span", "model-name").textContent = model.card.name;
    byId("section", "by-hand").hidden = true;
    device.show(model.device);
    change(before?.card.name === model.card.name ? {} : { label: undefined, guidance: undefined });
    await before?.dispose();
  } catch (error) {
    if (signal.aborted) return;
    if (open === undefined && wish.device !== "auto") {
      // A link names a device that this browser has not: any other shows more than none.
      wish = { ...wish, device: "auto" };
      await show(source);
    }
    report(error, source instanceof File ? `${source.name}: ` : "");
  }
}

/** What a wish asks of a model. */
function requestOf({ classes, ...card }: Card): SampleRequest {
  const { label, guidance, count = unlessTold[isImage(card) ? "pictures" : "points"], ...request } = wish;
  return { ...request, count, ...(classes && label !== undefined && { label, guidance }) };
}

/** A model's card with the plan of the wish, or of nothing where the wish does not fit it. */
function noiseOf(card: Card): [Card, Plan] {
  try {
    return [card, resolvePlan(card, requestOf(card), 1)];
  } catch {
    return [card, resolvePlan(card, {}, 1)];
  }
}

/** Follows a changed wish: form, address, sampling; another device means to open the model again. */
function change(changed: Partial<Wish>): void {
  const elsewhere = changed.device !== undefined && changed.device !== wish.device;
  wish = { ...wish, ...changed };
  if (open === undefined) return;
  if (elsewhere) {
    void show(open.source);
    return;
  }
  const { model } = open;
  let plan: Plan;
  try {
    plan = model.plan(requestOf(model.card));
  } catch (error) {
    say([error instanceof Error ? error.message : String(error)]);
    return;
  }
  say(plan.advice);
  open.form.show(wish, plan);
  history.replaceState(null, "", writeWish(wish));
  annealing.sample(model, plan, wish.see);
}

function newSeed(): void {
  change({ seed: crypto.getRandomValues(new Uint16Array(1))[0] });
}

function say(lines: readonly string[]): void {
  advice.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    share.textContent = "Copied";
    setTimeout(() => (share.textContent = "Copy link"), 1500);
  } catch {
    report("this browser does not let the page copy; the link is in the address bar");
  }
}

function report(error: unknown, about = ""): void {
  notice.textContent = about + (error instanceof Error ? error.message : String(error));
  notice.hidden = false;
}
