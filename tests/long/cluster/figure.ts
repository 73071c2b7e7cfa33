/** Says what was measured, and the product's target: a test itself waits for three times as long. */
export function figure(row: string, what: string, measured: number, target: string): void {
  const shown = measured >= 100 ? Math.round(measured) : Math.round(measured * 10) / 10;
  process.stdout.write(`${row}: ${what}: ${shown} (target: ${target})\n`);
}

/** The value below which `share` of `values` are. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
