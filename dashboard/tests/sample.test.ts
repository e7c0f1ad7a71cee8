import { expect, test } from "vitest";
import { lines, tickets } from "@/features/start/sample";
import { shuffled } from "@/features/start/shuffled";

test("no message of the sample task is in two of its parts", () => {
  const { training, validation, held } = tickets();
  const all = [...training, ...validation, ...held].map((row) => row.ticket);
  expect([training.length, validation.length, held.length]).toEqual([60, 10, 20]);
  expect(new Set(all).size).toBe(90);
});

test("every queue is learned and evaluated", () => {
  const { training, held } = tickets();
  for (const rows of [training, held]) expect(new Set(rows.map((row) => row.queue)).size).toBe(3);
});

test("each line is a conversation whose answer is the code", () => {
  const [line] = lines(tickets().training.slice(0, 1)).split("\n");
  expect(JSON.parse(line ?? "")).toEqual({
    messages: [
      { role: "user", content: tickets().training[0]?.ticket },
      { role: "assistant", content: tickets().training[0]?.queue },
    ],
  });
});

test("a shuffle keeps every row and is the same each time", () => {
  const rows = Array.from({ length: 50 }, (_, at) => at);
  expect(shuffled(rows)).toEqual(shuffled(rows));
  expect(shuffled(rows)).not.toEqual(rows);
  expect([...shuffled(rows)].sort((one, other) => one - other)).toEqual(rows);
});
