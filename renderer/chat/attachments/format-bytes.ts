import type { IntlShape } from "react-intl";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A size in the person's own notation: `8.4 MB`. */
export function formatBytes(format: IntlShape["formatNumber"], bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return format(value, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  });
}
