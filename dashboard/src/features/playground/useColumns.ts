/** Runs the conversations: one stream for each model, all at once, each can be stopped. */

import { useErrorText } from "@/api/errorText";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { emptyAnswer, type Column, type Entry, addChunk, messagesOf, openCalls, sharedTurns } from "./columns";
import { samplingOf, type Settings } from "./settings";

export interface Columns {
  columns: readonly Column[];
  /** The conversations, in the order of the models. */
  entries: readonly Entry[][];
  isRunning: boolean;
  send: (text: string, images: readonly string[]) => void;
  /** Drop what was said and ask this. */
  restart: (text: string) => void;
  /** Let a model answer messages sent before it was added. */
  ask: (at: number) => void;
  answerCalls: (at: number, results: ReadonlyMap<string, string>) => void;
  stop: () => void;
  clear: () => void;
  /** Remove one conversation; later ones move up, so none may be running. */
  remove: (at: number) => void;
}

export function useColumns(models: readonly string[], settings: Settings, begun: readonly Entry[][]): Columns {
  const textOf = useErrorText();
  const [entries, setEntries] = useState(begun);
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

  /** Returns the conversation with its answer; null when it was stopped or failed. */
  const run = async (at: number, history: Entry[]): Promise<Entry[] | null> => {
    const stop = new AbortController();
    stops.current.add(stop);
    setRunning((all) => [...all, at]);
    const began = performance.now();
    let answer = emptyAnswer();
    const show = () => {
      // A conversation that was cleared meanwhile stays cleared.
      if (stops.current.has(stop)) put(at, () => [...history, answer]);
    };
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
        answer = addChunk(answer, chunk, performance.now() - began);
        show();
      }
    } catch (error) {
      if (!stop.signal.aborted) answer = { ...answer, error: textOf(error) };
    }
    answer = { ...answer, totalMs: performance.now() - began };
    show();
    stops.current.delete(stop);
    setRunning((all) => all.filter((one) => one !== at));
    return stop.signal.aborted || answer.error !== null ? null : [...history, answer];
  };

  /** Answers what the user said before, turn by turn. */
  const catchUp = async (at: number, entries: readonly Entry[]) => {
    const first = entries.findLastIndex((entry) => entry.role !== "user") + 1;
    let history: Entry[] | null = entries.slice(0, first);
    for (const turn of entries.slice(first)) {
      history = await run(at, [...withCallsClosed(history), turn]);
      if (history === null) return;
    }
  };

  return {
    columns,
    entries: columns.map((column) => column.entries),
    isRunning: running.length > 0,
    send: (text, images) => {
      const asked: Entry = images.length > 0 ? { role: "user", text, images } : { role: "user", text };
      columns.forEach((column, at) => {
        void run(at, [...withCallsClosed(column.entries), asked]);
      });
    },
    restart: (text) => {
      stops.current.forEach((stop) => stop.abort());
      stops.current.clear();
      models.forEach((_, at) => void run(at, [{ role: "user", text }]));
    },
    ask: (at) => void catchUp(at, columns[at]?.entries ?? []),
    answerCalls: (at, results) => {
      const before = columns[at]?.entries ?? [];
      const given = openCalls(before).map((call): Entry => ({ role: "tool", callId: call.id, text: results.get(call.id) ?? "" }));
      void run(at, [...before, ...given]);
    },
    stop: () => stops.current.forEach((stop) => stop.abort()),
    clear: () => {
      stops.current.forEach((stop) => stop.abort());
      stops.current.clear();
      setEntries(models.map(() => []));
    },
    remove: (at) => setEntries(columns.map((column) => column.entries).toSpliced(at, 1)),
  };
}

/** A call that nobody answered would make a conversation invalid that goes on: its result is empty. */
function withCallsClosed(entries: readonly Entry[]): Entry[] {
  return [...entries, ...openCalls(entries).map((call): Entry => ({ role: "tool", callId: call.id, text: "" }))];
}
