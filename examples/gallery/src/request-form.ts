/** The form of Fig. 1: what to sample. It shows the plan that a wish comes to, and tells of new wishes. */
import { samplers, type SamplerName } from "@ncsn/core";
import type { Model, Plan } from "@ncsn/infer";
import { choiceField, numberField, optionField, type OptionValue } from "./fields.ts";
import { devices, mostGuidance, mostImages, rulesOf, type Wish } from "./wish.ts";

const views = { scaled: "the noisy state", denoised: "what the network sees" } as const;
const noClass = "";

/** A form that belongs to one model. */
export interface RequestForm {
  show(wish: Wish, plan: Plan): void;
}

/** Fills a form for a model. @param changed told the change of the wish */
export function requestForm(
  form: HTMLFormElement,
  model: Model,
  changed: (change: Partial<Wish>) => void,
): RequestForm {
  const names = Object.keys(samplers) as SamplerName[];
  const seed = numberField("seed", { least: 0, most: Number.MAX_SAFE_INTEGER }, (seed = 0) =>
    changed({ seed }),
  );
  const count = numberField("images", { least: 1, most: mostImages }, (count) => changed({ count }));
  // Another sampler counts its steps otherwise and has other options.
  const sampler = choiceField("sampler", names, (sampler) =>
    changed({ sampler, steps: undefined, options: {} }),
  );
  sampler.element.classList.add("wide");
  const steps = numberField("steps", { least: 1, most: 10_000 }, (steps) => changed({ steps }));
  const see = choiceField("show", ["scaled", "denoised"] as const, (see) => changed({ see }), views);
  const device = choiceField("device", devices, (device) => changed({ device }));
  const { classes } = model.card;
  const label =
    classes &&
    choiceField("class", [noClass, ...classes], (name) => changed({ label: name || undefined }), {
      [noClass]: "any",
    });
  const guidance = numberField(
    "guidance",
    { least: 0, most: mostGuidance, integer: false, empty: "0" },
    (guidance) => changed({ guidance }),
  );
  const options = document.createElement("div");
  options.className = "options";
  const summary = document.createElement("p");
  summary.className = "summary";
  form.replaceChildren(
    ...[seed, count, ...(label ? [label, guidance] : []), sampler, steps, see, device].map(
      ({ element }) => element,
    ),
    options,
    summary,
  );
  let shown: { readonly name: SamplerName; readonly show: (plan: Plan) => void } | undefined;
  let current: Wish["options"] = {};

  const optionsOf = (name: SamplerName) => {
    const fields = Object.entries(rulesOf(name)).map(([option, rule]) => ({
      option,
      ...optionField(option, rule, (value) => {
        const others = Object.entries(current).filter(
          ([other]) => other !== rule.insteadOf && !replaces(name, other, option),
        );
        changed({ options: { ...Object.fromEntries(others), [option]: value } });
      }),
    }));
    options.replaceChildren(...fields.map(({ element }) => element));
    return {
      name,
      show: (plan: Plan) => {
        for (const { option, show } of fields) show(plan.options[option] as OptionValue);
      },
    };
  };

  return {
    show(wish, plan) {
      current = wish.options;
      seed.show(plan.seed);
      count.show(plan.count);
      sampler.show(plan.sampler);
      steps.show(plan.steps);
      see.show(wish.see);
      device.show(wish.device);
      label?.show(wish.label ?? noClass);
      guidance.show(plan.control.guidance);
      guidance.element.hidden = wish.label === undefined; // there is no class to go towards
      summary.textContent = samplers[plan.sampler].summary;
      if (shown?.name !== plan.sampler) shown = optionsOf(plan.sampler);
      shown.show(plan);
    },
  };
}

/** Whether an option is one that stands instead of another. */
const replaces = (sampler: SamplerName, option: string, other: string): boolean =>
  rulesOf(sampler)[option]?.insteadOf === other;
