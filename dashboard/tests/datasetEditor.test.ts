/** Changes of a file by line, examples changed message by message, and which rows are drawn. */

import { expect, test } from "vitest";
import { blankLike, countChanges, editOf, methodOf, NO_CHANGES, restored, withoutLines, withoutRow, withText } from "@/features/files/editor/changes";
import { callsOf, faultOf, listsOf, summaryOf, textOf, withCall, withMessages, withRole, withText as said, withWeight } from "@/features/files/editor/example";
import { shownRows } from "@/features/files/editor/window";
import { fractionOf } from "@/features/files/SplitFile";

const CHAT = JSON.stringify({ messages: [{ role: "system", content: "Short." }, { role: "user", content: "a" }, { role: "assistant", content: "b" }], tools: [{}] });
const PAIR = JSON.stringify({
  input: { messages: [{ role: "user", content: "a" }], tools: [] },
  preferred_output: [{ role: "assistant", content: "good" }],
  non_preferred_output: [{ role: "assistant", content: "bad" }],
});

test("a line that reads as before again is no change, and a removed one has no text", () => {
  const changed = withText(NO_CHANGES, { line: 3 }, "new", "old");
  expect(changed.replaced).toEqual({ 3: "new" });
  expect(countChanges(withText(changed, { line: 3 }, "old", "old"))).toBe(0);
  const gone = withoutLines(changed, [3, 20, 7]);
  expect(gone).toEqual({ replaced: {}, removed: [3, 7, 20], appended: [] });
  expect(restored(gone, 7).removed).toEqual([3, 20]);
});

test("an added example is changed and taken away in its place", () => {
  const added = { ...NO_CHANGES, appended: ["x", "y"] };
  expect(withText(added, { added: 1 }, "z", "").appended).toEqual(["x", "z"]);
  expect(withoutRow(added, { added: 0 }).appended).toEqual(["y"]);
  expect(editOf({ replaced: { 2: "t" }, removed: [5], appended: ["u"] }, "dpo", "n.jsonl")).toEqual({
    replace: [{ line: 2, text: "t" }], remove: [5], append: ["u"], method: "dpo", filename: "n.jsonl",
  }); // prettier-ignore
});

test("lines show their method, and a new example is one of the same kind", () => {
  expect([CHAT, PAIR, '{"messages":[{"role":"user","content":"a"}]}', "no json"].map(methodOf)).toEqual([
    "supervised", "dpo", "reinforcement", "supervised",
  ]); // prettier-ignore
  expect(JSON.parse(blankLike(CHAT))).toMatchObject({ messages: [{ role: "system" }, { role: "user", content: "" }, { role: "assistant" }], tools: [{}] });
  expect(methodOf(blankLike(PAIR))).toBe("dpo");
  expect(methodOf(blankLike(null))).toBe("supervised");
});

test("messages change inside of their line, and everything else in it stays", () => {
  expect(listsOf(PAIR)?.map((list) => list.name)).toEqual(["messages", "preferred_output", "non_preferred_output"]);
  const changed = withMessages(PAIR, "messages", [{ role: "user", content: "z" }]);
  expect(JSON.parse(changed)).toEqual({ ...JSON.parse(PAIR), input: { messages: [{ role: "user", content: "z" }], tools: [] } });
  expect(listsOf('{"messages": [3]}')).toBeNull();
  expect(listsOf('{"prompt": "a"}')).toBeNull();
  expect(summaryOf(PAIR)).toEqual({ asked: "a", answered: "good", messages: 3 });
});

test("a message keeps what belongs to its role", () => {
  const answer = { role: "assistant", content: "b", weight: 0, name: "x" };
  expect(withWeight(answer, true)).toEqual({ role: "assistant", content: "b", name: "x" });
  expect(withWeight({ role: "assistant", content: "b" }, false).weight).toBe(0);
  expect(withRole(answer, "user")).toEqual({ role: "user", content: "b", name: "x" });
  expect(withRole({ role: "user", content: "b" }, "tool")).toEqual({ role: "tool", content: "b", tool_call_id: "" });
  expect(textOf({ role: "user", content: [{ type: "text", text: "a" }] })).toBeNull();
});

test("arguments of a call must be a JSON object before anything is sent", () => {
  const call = { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] };
  const broken = withCall(call, 0, { arguments: "{" });
  expect(callsOf(broken)).toEqual([{ id: "1", name: "f", arguments: "{" }]);
  expect(faultOf(JSON.stringify({ messages: [broken] }))).toBe("arguments");
  expect(faultOf(JSON.stringify({ messages: [call] }))).toBeNull();
  expect(faultOf("[]")).toBe("json");
  expect(said(call, "")).toEqual(call);
});

test("only the rows near the visible ones are drawn, however many there are", () => {
  expect(shownRows(0, 600, 60, 10_000)).toEqual({ first: 0, end: 16 });
  expect(shownRows(300_000, 600, 60, 10_000)).toEqual({ first: 4994, end: 5016 });
  expect(shownRows(600_000, 600, 60, 3)).toEqual({ first: 3, end: 3 });
});

test("a share of a file is a number between 0 and 100 percent", () => {
  expect(["10", " 0.5 ", "0", "100", "", "x"].map(fractionOf)).toEqual([0.1, 0.005, null, null, null, null]);
});
