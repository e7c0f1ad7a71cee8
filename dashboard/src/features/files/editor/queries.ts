/** What the editor asks for: the lines in blocks, a long line whole, repeated lines. */

import { queryOptions } from "@tanstack/react-query";
import { x } from "@/api/x";

export const BLOCK_LINES = 50;

/** A file never changes, so what was read of it stays true. */
export const blockQuery = (id: string, block: number) =>
  queryOptions({
    queryKey: ["files", id, "lines", "block", block],
    queryFn: ({ signal }) => x.fileLines(id, { start: block * BLOCK_LINES + 1, limit: BLOCK_LINES }, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });

export const wholeLineQuery = (id: string, line: number) =>
  queryOptions({
    queryKey: ["files", id, "lines", "whole", line],
    queryFn: async ({ signal }) => (await x.fileLine(id, line, signal)).text,
    staleTime: Infinity,
  });

export const duplicatesQuery = (id: string) =>
  queryOptions({
    queryKey: ["files", id, "duplicates"],
    queryFn: ({ signal }) => x.fileDuplicates(id, signal),
    staleTime: Infinity,
  });

export const originQuery = (id: string) =>
  queryOptions({
    queryKey: ["files", id, "origin"],
    queryFn: ({ signal }) => x.fileOrigin(id, signal),
  });
