/** The numbers of a chart as a table: all of them for a file, some of them to be read out. */

import { csv } from "@/lib/csv";

interface Named {
  name: string;
  values: readonly (number | null)[];
}

/** CSV with a line for each step; what was not measured stays empty. */
export function asTable(steps: readonly number[], curves: readonly Named[], stepName: string): string {
  const rows = [
    [stepName, ...curves.map((curve) => curve.name)],
    ...steps.map((step, at) => [step, ...curves.map((curve) => curve.values[at] ?? "")]),
  ];
  return csv(rows);
}

/** Up to `most` places of a list, evenly spread, the first and the last among them. */
export function someOf(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: most }, (_, at) => Math.round((at * (length - 1)) / (most - 1)));
}
