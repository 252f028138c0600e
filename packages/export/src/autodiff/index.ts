export { differentiate, undifferentiable, vjp, type Differentiated } from "./reverse.ts";
export { NoGradientError, type Gradient, type Rule, type RuleCall, type Rules } from "./rule.ts";
export { inputBinder } from "./input-binder.ts";
export { gradientRules } from "./rules.ts";
export { withVjp } from "./with-vjp.ts";
