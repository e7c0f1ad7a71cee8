/** Numbers, sizes and times as people of the chosen language write them. */

export function count(value: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(value);
}

export function compact(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** The size of a model as people name it: 134.5M, 1.7B. */
export function parameters(value: number, locale: string): string {
  return value >= 1e9 ? `${decimal(value / 1e9, 1, locale)}B` : `${decimal(value / 1e6, 1, locale)}M`;
}

export function percent(share: number, locale: string, digits = 0): string {
  return new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}

/** The difference of two shares in percentage points, with its sign: "+12". */
export function points(difference: number, locale: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(100 * difference);
}

export function decimal(value: number, digits: number, locale: string): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A loss or the like: three digits that say something, however small it gets. */
export function measured(value: number, locale: string): string {
  const size = Math.abs(value);
  if (size >= 1 || size === 0) return decimal(value, size >= 100 ? 1 : size === 0 ? 0 : 3, locale);
  const notation = size < 1e-4 ? ("scientific" as const) : ("standard" as const);
  return new Intl.NumberFormat(locale, { maximumSignificantDigits: 3, notation }).format(value);
}

const SIZES = ["B", "kB", "MB", "GB", "TB"] as const;

export function bytes(value: number, locale: string): string {
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < SIZES.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${decimal(size, digits, locale)} ${SIZES[unit] ?? ""}`;
}

const SPANS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 minutes ago"; dates that are more than a week away are written out by `date`. */
export function ago(seconds: number, nowSeconds: number, locale: string): string {
  const past = seconds - nowSeconds;
  if (Math.abs(past) > 7 * 86_400) return date(seconds, locale);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const [unit, length] = SPANS.find(([, span]) => Math.abs(past) >= span) ?? ["second", 1];
  return format.format(Math.trunc(past / length), unit);
}

/** In the reader's own zone, unless another is meant. */
export function date(seconds: number, locale: string, timeZone?: "UTC"): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...(timeZone && { timeZone }) }).format(seconds * 1000);
}

export function dateTime(seconds: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(seconds * 1000);
}

export function clock(seconds: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium" }).format(seconds * 1000);
}

/** The two largest units: "2 min 5 sec". */
export function duration(seconds: number, tag: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const units = [
    ["hour", Math.floor(whole / 3600)],
    ["minute", Math.floor(whole / 60) % 60],
    ["second", whole % 60],
  ] as const;
  const first = units.findIndex(([, value]) => value > 0);
  const shown = first < 0 ? units.slice(-1) : units.slice(first, first + 2).filter(([, value]) => value > 0);
  return shown.map(([unit, value]) => new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "short" }).format(value)).join(" ");
}

/** How long one answer took: "0.82 sec", and from ten seconds on as every duration. */
export function took(seconds: number, tag: string): string {
  if (seconds >= 10) return duration(seconds, tag);
  return new Intl.NumberFormat(tag, { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: 2 }).format(seconds);
}

/** The end of an id or model name that tells it apart, with its beginning: "ft:understudy-mini:…:AbCd1234". */
export function shortModel(name: string, longest = 40): string {
  if (name.length <= longest) return name;
  const tail = name.slice(-Math.floor(longest / 2));
  return `${name.slice(0, longest - tail.length - 1)}…${tail}`;
}
