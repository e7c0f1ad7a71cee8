/** Images in conversations: where they stand, which are fetched from this server, which may be sent. */

import { expect, test } from "vitest";
import { messagesOf } from "@/features/playground/columns";
import { serialize } from "@/features/playground/savedState";
import { DEFAULTS } from "@/features/playground/settings";
import { readExample, readMessages } from "@/lib/conversation";
import { imageFault, routeOf, withAddresses } from "@/lib/images";
import type { JsonObject } from "@/lib/jsonl";
import { chatMessages, inputMessage } from "@/lib/logs";

const URL_OF_RED = "data:image/png;base64,iVBO";
const KEPT = "understudy://images/abc";

test("images are read in every form that users' programs write", () => {
  const content: JsonObject[] = [
    { type: "text", text: "Which?" },
    { type: "image_url", image_url: { url: URL_OF_RED } },
    { type: "image_file", image_file: { file_id: "file-a" } },
    { type: "input_image", image_url: KEPT },
    { type: "input_image", file_id: "file-b" },
  ];
  const [message] = readMessages([{ role: "user", content }]);
  expect(message?.text).toBe("Which?");
  expect(message?.images).toEqual([URL_OF_RED, "file-a", KEPT, "file-b"]);
});

test("only what this server has is fetched", () => {
  expect(routeOf(KEPT)).toBe("/x/images/abc");
  expect(routeOf("file-a")).toBe("/files/file-a/content");
  expect(routeOf("https://example.com/a.png")).toBeNull();
  expect(routeOf("file-a/../../x/keys")).toBeNull();
});

test("images that were left out of a long line are fetched by their place in it", () => {
  const shown = (url: string) => ({ role: "user", content: [{ type: "image_url", image_url: { url } }] });
  const line = { messages: [shown(URL_OF_RED), shown("data:image/png;base64,"), shown("data:image/webp;base64,")] };
  const example = readExample(line);
  const placed = example && withAddresses(example, "file-1", 7);
  expect(placed?.messages.map((message) => message.images[0])).toEqual([
    URL_OF_RED,
    "understudy://files/file-1/lines/7/images/2",
    "understudy://files/file-1/lines/7/images/3",
  ]);
});

test("what the server would refuse is not sent", () => {
  expect(imageFault({ type: "image/png", size: 10 })).toBeNull();
  expect(imageFault({ type: "application/pdf", size: 10 })).toBe("type");
  expect(imageFault({ type: "image/png", size: 11 * 1024 * 1024 })).toBe("size");
});

test("a message of the playground carries its images before its text", () => {
  const image = { type: "image_url", image_url: { url: URL_OF_RED } };
  expect(messagesOf("", [{ role: "user", text: "Which?", images: [URL_OF_RED] }])).toEqual([
    { role: "user", content: [image, { type: "text", text: "Which?" }] },
  ]);
  expect(messagesOf("", [{ role: "user", text: "", images: [URL_OF_RED] }])).toEqual([{ role: "user", content: [image] }]);
  expect(messagesOf("", [{ role: "user", text: "hi" }])).toEqual([{ role: "user", content: "hi" }]);
});

test("images too large for a tab's storage cost their conversations, and nothing else", () => {
  const saved = {
    models: ["a", "b"],
    entries: [[{ role: "user" as const, text: "x", images: ["i".repeat(2_000_000)] }], [{ role: "user" as const, text: "y" }]],
    settings: DEFAULTS,
    text: "typed",
  };
  expect(JSON.parse(serialize(saved))).toMatchObject({ entries: [[], [{ text: "y" }]], text: "typed" });
});

test("stored conversations keep their images", () => {
  const parts: JsonObject[] = [{ type: "text", text: "Which?" }, { type: "image_url", image_url: { url: KEPT, detail: "auto" } }];
  expect(inputMessage({ id: "c-0", role: "user", content: "Which?", content_parts: parts })).toEqual({ role: "user", content: parts });
  const item: JsonObject = {
    type: "message",
    role: "user",
    content: [{ type: "input_text", text: "Which?" }, { type: "input_image", image_url: KEPT, detail: "auto", file_id: null }],
  };
  expect(chatMessages([item])).toEqual([{ role: "user", content: parts }]);
});
