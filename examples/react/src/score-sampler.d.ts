import type { ScoreSampler, ScoreSamplerProps } from "@ncsn/infer/element";
import type { DetailedHTMLProps, HTMLAttributes } from "react";

type Html = DetailedHTMLProps<HTMLAttributes<ScoreSampler>, ScoreSampler>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "score-sampler": Omit<Html, keyof ScoreSamplerProps> & ScoreSamplerProps;
    }
  }
}
