/** Runs the conversations: one stream for each model, all at once, each can be stopped. */

import { useEffect, useRef, useState } from "react";
import { api, messageOf } from "@/api/client";
import { blankAnswer, type Column, type Entry, grow, messagesOf, openCalls } from "./columns";
import { samplingOf, type Settings } from "./settings";

export interface Columns {
  columns: readonly Column[];
  isRunning: boolean;
  send: (text: string) => void;
  answerCalls: (at: number, results: ReadonlyMap<string, string>) => void;
  stop: () => void;
  clear: () => void;
}

export function useColumns(models: readonly string[], settings: Settings): Columns {
  const [entries, setEntries] = useState<readonly Entry[][]>(() => models.map(() => []));
  const [running, setRunning] = useState<readonly number[]>([]);
  const stops = useRef(new Set<AbortController>());

  useEffect(() => {
    const all = stops.current;
    return () => all.forEach((stop) => stop.abort());
  }, []);

  const columns = models.map((model, at) => ({
    model,
    entries: entries[at] ?? sharedTurns(entries[0] ?? []),
    isRunning: running.includes(at),
  }));

  const put = (at: number, change: (before: Entry[]) => Entry[]) =>
    setEntries((all) => {
      const filled = models.map((_, index) => all[index] ?? sharedTurns(all[0] ?? []));
      return filled.with(at, change(filled[at] ?? []));
    });

  const run = async (at: number, history: Entry[]) => {
    const stop = new AbortController();
    stops.current.add(stop);
    setRunning((all) => [...all, at]);
    const began = performance.now();
    let answer = blankAnswer();
    const show = () => put(at, () => [...history, answer]);
    show();
    try {
      const stream = await api().chat.completions.create(
        {
          ...samplingOf(settings),
          model: models[at] ?? "",
          messages: messagesOf(settings.system, history),
          stream: true,
          stream_options: { include_usage: true },
          ...(settings.showsProbabilities && { logprobs: true, top_logprobs: 5 }),
        },
        { signal: stop.signal },
      );
      for await (const chunk of stream) {
        answer = grow(answer, chunk, performance.now() - began);
        show();
      }
    } catch (error) {
      if (!stop.signal.aborted) answer = { ...answer, error: messageOf(error) };
    }
    answer = { ...answer, totalMs: performance.now() - began };
    show();
    stops.current.delete(stop);
    setRunning((all) => all.filter((one) => one !== at));
  };

  return {
    columns,
    isRunning: running.length > 0,
    send: (text) => {
      columns.forEach((column, at) => {
        // A call that nobody answered would make the conversation invalid: it stays unanswered.
        const left = openCalls(column.entries).map((call): Entry => ({ role: "tool", callId: call.id, text: "" }));
        const history: Entry[] = [...column.entries, ...left, { role: "user", text }];
        void run(at, history);
      });
    },
    answerCalls: (at, results) => {
      const before = columns[at]?.entries ?? [];
      const given = openCalls(before).map((call): Entry => ({ role: "tool", callId: call.id, text: results.get(call.id) ?? "" }));
      void run(at, [...before, ...given]);
    },
    stop: () => stops.current.forEach((stop) => stop.abort()),
    clear: () => {
      stops.current.forEach((stop) => stop.abort());
      setEntries(models.map(() => []));
    },
  };
}

/** A model that joins late is told what the user said, not what another model answered. */
function sharedTurns(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => entry.role === "user");
}
