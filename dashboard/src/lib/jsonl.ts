/** JSON lines, read as far as they can be read. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A JSON text with its structure shown; anything else comes back as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function appendLine(file: string, value: unknown): string {
  const before = file === "" || file.endsWith("\n") ? file : `${file}\n`;
  return `${before}${JSON.stringify(value)}\n`;
}
