/** Keys of several projects in one tab: what is kept of each stays its own. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { session } from "@/lib/tab/session";

class Tab {
  getItem(name: string): string | null {
    return (this as unknown as Record<string, string | undefined>)[name] ?? null;
  }
  setItem(name: string, text: string): void {
    Object.assign(this, { [name]: text });
  }
  removeItem(name: string): void {
    Reflect.deleteProperty(this, name);
  }
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", new Tab());
  session.open("sk-a");
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const A = { key: "sk-a", project: "default" };
const B = { key: "sk-b", project: "research" };

test("drafts of one project are not seen in another, and are there again after the way back", () => {
  session.save("draft.job", "of a");
  session.add(B, A);
  expect([session.key(), session.load("draft.job")]).toEqual(["sk-b", null]);
  session.save("draft.job", "of b");
  session.add(A, B);
  expect([session.key(), session.load("draft.job")]).toEqual(["sk-a", "of a"]);
  expect(session.projects().map(({ project }) => project)).toEqual(["default", "research"]);
});

test("a new key of a known project takes the old one's place", () => {
  session.add(B, A);
  session.add({ key: "sk-b2", project: "research" }, B);
  expect(session.projects().map(({ key }) => key)).toEqual(["sk-a", "sk-b2"]);
});

test("a refused key leaves for another project with that one's work, and the last one for the door", () => {
  session.add(B, A);
  session.save("draft.job", "of b");
  session.open("sk-a");
  session.refuse();
  expect([session.key(), session.load("draft.job")]).toEqual(["sk-b", "of b"]);
  session.refuse();
  expect([session.key(), session.projects()]).toEqual([null, []]);
});
