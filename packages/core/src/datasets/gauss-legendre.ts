/** Nodes and weights of quadrature on [0, 1]: exact for polynomials of degree 2n − 1. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Gauss–Legendre quadrature with n nodes: the roots of Pₙ by Newton's method. */
export function gaussLegendre(n: number): Quadrature {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let root = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let iteration = 0; iteration < 8; iteration++) {
      let previous = 1;
      let value = root;
      for (let k = 2; k <= n; k++) {
        [previous, value] = [value, ((2 * k - 1) * root * value - (k - 1) * previous) / k];
      }
      slope = (n * (root * value - previous)) / (root * root - 1);
      root -= value / slope;
    }
    nodes[i] = (1 - root) / 2;
    weights[i] = 1 / ((1 - root * root) * slope * slope);
  }
  return { nodes, weights };
}
