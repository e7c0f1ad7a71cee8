/** A page that was not loaded yet waits for its server, and loads the tab anew after an upgrade. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resilient } from "@/routes/resilient";

const reload = vi.fn();
let kept: Record<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  kept = {};
  vi.stubGlobal("window", { location: { reload, origin: "" } });
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, value: string) => (kept[name] = value),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  reload.mockReset();
});

const answers = (...all: boolean[]) =>
  vi.stubGlobal("fetch", () => (all.shift() === false ? Promise.reject(new TypeError()) : Promise.resolve({ ok: true })));

test("while the server is away the page is waited for", async () => {
  answers(false, false, true);
  const load = vi.fn().mockRejectedValueOnce(new Error("away")).mockResolvedValue("page");
  const page = resilient(load)();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await page).toBe("page");
  expect(load).toHaveBeenCalledTimes(2);
  expect(reload).not.toHaveBeenCalled();
});

test("a page that the server has no more loads the tab anew, but not twice in a row", async () => {
  answers(true, true);
  const gone = resilient(() => Promise.reject(new Error("gone")));
  void gone();
  await vi.advanceTimersByTimeAsync(10);
  expect(reload).toHaveBeenCalledTimes(1);
  await expect(gone()).rejects.toThrow("gone");
  expect(reload).toHaveBeenCalledTimes(1);
});
