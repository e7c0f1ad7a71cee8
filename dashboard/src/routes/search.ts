/** The query parameters of an address: read leniently, because people edit them. */

export type Search = Record<string, unknown>;

export function text(value: unknown): string | undefined {
  // The router reads digits as a number; an id made of digits alone is a text all the same.
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function texts(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => text(one) ?? []);
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function share(value: unknown): number | undefined {
  const read = number(value);
  return read !== undefined && read > 0 && read < 1 ? read : undefined;
}

export function lineNumber(value: unknown): number | undefined {
  const read = number(value);
  return read !== undefined && Number.isInteger(read) && read >= 1 ? read : undefined;
}

/** The first line is where a page begins anyway. */
export function line(value: unknown): number | undefined {
  const read = lineNumber(value);
  return read === 1 ? undefined : read;
}

/** A switch: only a bare `true` turns it on. */
export function isOn(value: unknown): true | undefined {
  return value === true ? true : undefined;
}

export function oneOf<Value extends string>(value: unknown, values: readonly Value[]): Value | undefined {
  return values.find((one) => one === value);
}
