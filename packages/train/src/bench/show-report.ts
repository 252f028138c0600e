/** A bench's report for people. */
import { count, megabytes, speed } from "../cli/show.ts";
import { peerName } from "./peer.ts";
import type { BenchReport, Result, Spread } from "./results.ts";
import { webTable } from "./web-bench.ts";

/** Lines: the machine, and a table for each measure. */
export function showReport({ machine, network, settings, results, web, notes }: BenchReport): string {
  const { cpu, cores, threads, memory, platform, node, onnxruntime } = machine;
  const { name, channels, parameters, shape } = network;
  const measures = [...new Set(results.map(({ measure }) => measure))];
  return [
    `machine   ${cpu}, ${cores} cores${threads === cores ? "" : `, ${threads} threads`}, ${(memory / 2 ** 30).toFixed(1)} GiB, ${platform}`,
    `versions  Node ${node}, onnxruntime ${onnxruntime}${results.some(isPeer) ? `, ${results.find(isPeer)?.description}` : ""}`,
    `network   ${name}, ${channels} channels, ${count(parameters)} parameters, images [${shape.join(", ")}]`,
    `numbers   median (min–max) of ${settings.rounds} rounds of ${settings.seconds} s each, in turns`,
    ...measures.flatMap((measure) => [
      "",
      ...tableOf(results.filter((result) => result.measure === measure)),
    ]),
    ...(web === undefined ? [] : [webTable(web)]),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `note: ${note}`)] : []),
  ].join("\n");
}

const isPeer = ({ contender }: Result): boolean => contender === peerName;

const titles: Record<Result["measure"], string> = {
  training: "training, images/s",
  sampling: "sampling, score evaluations/s",
  "first image": "first image from the start of the process, s",
};

function tableOf(results: readonly Result[]): string[] {
  const withPeer = results.some(isPeer);
  const head = [
    titles[results[0].measure],
    "",
    "peak memory",
    ...(withPeer ? ["speed by the peer's", "memory by the peer's"] : []),
  ];
  const rows = results.map((result) => {
    const { batch, contender, peakMemory, speedByPeer, memoryByPeer } = result;
    return [
      `  batch ${String(batch).padEnd(3)} ${contender}`,
      spread(result, result.unit === "s" ? (value) => value.toFixed(2) : speed),
      megabytes(peakMemory),
      ...(speedByPeer === undefined ? [] : [spread(speedByPeer, (value) => value.toFixed(2))]),
      ...(memoryByPeer === undefined ? [] : [memoryByPeer.toFixed(2)]),
    ];
  });
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
}

const spread = ({ median, min, max }: Spread, show: (value: number) => string): string =>
  `${show(median)} (${show(min)}–${show(max)})`;
