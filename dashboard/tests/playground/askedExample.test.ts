/** A line of any training format is asked as it was taught. */

import { expect, test } from "vitest";
import { askedExample } from "@/lib/askedExample";

const line = (value: object) => askedExample(JSON.stringify(value));
const user = { role: "user", content: "Weather in Oslo?" };

test("system prompt, tools, question and the call that is expected come along", () => {
  const tools = [{ type: "function", function: { name: "look" } }];
  const call = { id: "1", type: "function", function: { name: "look", arguments: '{"at":"Oslo"}' } };
  const asked = line({
    messages: [{ role: "system", content: "Be brief." }, user, { role: "assistant", tool_calls: [call] }],
    tools,
  });
  expect(asked).toMatchObject({ system: "Be brief.", question: "Weather in Oslo?", expected: 'look({"at":"Oslo"})' });
  expect(JSON.parse(asked?.tools ?? "")).toEqual(tools);
});

test("of several turns the first is asked", () => {
  const messages = [user, { role: "assistant", content: "Rain." }, { role: "user", content: "And Rome?" }, { role: "assistant", content: "Sun." }];
  expect(line({ messages })).toEqual({ system: "", tools: "", question: "Weather in Oslo?", expected: "Rain." });
});

test("functions of the old form are tools, and pairs expect the preferred answer", () => {
  const functions = [{ name: "look" }];
  expect(JSON.parse(line({ messages: [user], functions })?.tools ?? "")).toEqual([{ type: "function", function: { name: "look" } }]);
  const pair = { input: { messages: [user] }, preferred_output: [{ role: "assistant", content: "Rain." }] };
  expect(line(pair)?.expected).toBe("Rain.");
});

test("a line without a question is none that can be asked", () => {
  for (const text of ["", "{", "[]", '{"messages":[]}', '{"messages":[{"role":"assistant","content":"x"}]}']) {
    expect(askedExample(text)).toBeNull();
  }
});
