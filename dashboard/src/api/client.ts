/** The official client, speaking to the server that this page came from. */

import OpenAI, { APIConnectionError, APIError } from "openai";
import { session } from "@/lib/tab/session";
import { isWording, type Wording } from "@/i18n/worded";

/** The body of an error has the official four fields and no more. */
const WORDING_HEADER = "x-understudy-wording";
const TIMEOUT_MS = 120_000;

let current: OpenAI | null = null;

/** The client for the key of this tab. */
export function api(): OpenAI {
  const apiKey = session.key() ?? "";
  if (current?.apiKey !== apiKey) current = clientFor(apiKey);
  return current;
}

export function clientFor(apiKey: string): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: `${window.location.origin}/v1`,
    // The key is the visitor's own and this page is served by the very API that it opens.
    dangerouslyAllowBrowser: true,
    // Queries are repeated by the query cache, which also knows when nobody looks any more.
    maxRetries: 0,
    // Without it the client looks for this class by fetching `data:,`, which the policy forbids.
    fetch: Object.assign((...request: Parameters<typeof fetch>) => fetch(...request), { Response }),
    timeout: TIMEOUT_MS,
  });
}

/** The server gave no answer. */
export class ServerAwayError extends Error {}

/** Whether the server answers requests. */
export async function serverAnswers(signal?: AbortSignal): Promise<boolean> {
  try {
    return (await fetch("/readyz", { cache: "no-store", ...(signal && { signal }) })).ok;
  } catch {
    return false;
  }
}

/** Whether the server is unreachable or starting, so that a retry may succeed within seconds. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof APIConnectionError || error instanceof ServerAwayError) return true;
  return error instanceof APIError && (error.status === 502 || error.status === 503);
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof APIError && error.status === 401;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof APIError && error.status === 404;
}

/** What the server says is wrong, without the status that the client puts before it. */
export function messageOf(error: unknown): string {
  if (error instanceof APIError) {
    const body = error.error as { message?: unknown } | undefined;
    if (typeof body?.message === "string") return body.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** What the server's words say, for other languages. */
export function wordingOf(error: unknown): Wording | null {
  const said = error instanceof APIError ? (error.headers as Headers | undefined)?.get(WORDING_HEADER) : null;
  if (!said) return null;
  const read: unknown = JSON.parse(said);
  return isWording(read) ? read : null;
}

/** The field of the request that the server's error is about. */
export function paramOf(error: unknown): string | null {
  return error instanceof APIError ? (error.param ?? null) : null;
}

/** The server's own word for what is wrong. */
export function codeOf(error: unknown): string | null {
  return error instanceof APIError ? (error.code ?? null) : null;
}
