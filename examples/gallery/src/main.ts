/** The gallery: opens a model, and ties the figures to the form, the keys and the page's address. */
import { isImage } from "@ncsn/core";
import type { Model, Plan } from "@ncsn/infer";
import { startAnnealing } from "./annealing.ts";
import { startByHand } from "./by-hand.ts";
import { deviceLine } from "./device-line.ts";
import { acceptFiles } from "./dropped-file.ts";
import { openModel, shippedModel } from "./open-model.ts";
import { byId } from "./page.ts";
import { savePicture } from "./picture-file.ts";
import { startPlane } from "./plane.ts";
import { requestForm, type RequestForm } from "./request-form.ts";
import { readWish, writeWish, type Wish } from "./wish.ts";

/** Unless told: pictures that fill rows of eight and of four, or points that show a shape. */
const unlessTold = { pictures: 24, points: 500 };

const notice = byId("p", "notice");
const advice = byId("ul", "advice");
const form = byId("form", "request");
const share = byId("button", "share");

let wish = readWish(location.hash);
let open: { readonly model: Model; readonly form: RequestForm } | undefined;

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
acceptFiles((file) => void show(file));
byId("button", "new-seed").addEventListener("click", newSeed);
byId("button", "save").addEventListener("click", () => {
  const name = `${open?.model.card.name ?? "samples"}-seed-${wish.seed}.png`;
  savePicture(byId("canvas", "grid"), name).catch(report);
});
share.addEventListener("click", () => void copyLink());
form.addEventListener("submit", (event) => event.preventDefault());
byId("form", "plane-request").addEventListener("submit", (event) => event.preventDefault());
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
await show(shippedModel);

/** Opens a model; the one before it goes on where this one cannot be opened. */
async function show(source: File | URL): Promise<void> {
  try {
    const model = await openModel(source);
    const before = open?.model;
    open = { model, form: requestForm(form, model, change) };
    notice.hidden = true;
    byId("span", "model-name").textContent = model.card.name;
    byId("section", "by-hand").hidden = true;
    device.show(model.device);
    change(before === undefined ? {} : { label: undefined });
    await before?.dispose();
  } catch (error) {
    report(error, source instanceof File ? `${source.name}: ` : "");
  }
}

/** Follows a changed wish: form, address, sampling. */
function change(changed: Partial<Wish>): void {
  wish = { ...wish, ...changed };
  if (open === undefined) return;
  const { model } = open;
  let plan: Plan;
  try {
    const { label, ...request } = wish;
    const count = wish.count ?? unlessTold[isImage(model.card) ? "pictures" : "points"];
    plan = model.plan({ ...request, count, ...(model.card.classes && label !== undefined && { label }) });
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
