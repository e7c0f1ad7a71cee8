/** Which endpoint the requests of a local file are for. */

import type { BatchCreateParams } from "openai/resources/batches";

const FIRST_LINE_BYTES = 16 * 1024 * 1024;

/** The `url` of the first request; the server says what is wrong with a file that has none. */
export async function endpointOf(file: Blob): Promise<BatchCreateParams["endpoint"]> {
  const [line = ""] = (await file.slice(0, FIRST_LINE_BYTES).text()).split("\n", 1);
  const url = urlOf(line);
  return (url ?? "/v1/chat/completions") as BatchCreateParams["endpoint"];
}

function urlOf(line: string): string | null {
  try {
    const request: unknown = JSON.parse(line);
    const url = typeof request === "object" && request !== null && "url" in request ? request.url : null;
    return typeof url === "string" ? url : null;
  } catch {
    return null;
  }
}
