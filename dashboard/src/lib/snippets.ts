/** The code that does what the page does: Python, Node and curl. */

import type { FineTuningJob, JobCreateParams } from "openai/resources/fine-tuning/jobs";

export interface Snippets {
  python: string;
  node: string;
  curl: string;
}

/** A JSON value as Python writes it. */
export function python(value: unknown, indent = 0): string {
  const inner = " ".repeat(indent + 4);
  const outer = " ".repeat(indent);
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => `${inner}${python(item, indent + 4)},\n`).join("")}${outer}]`;
  }
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length === 0) return "{}";
    return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${python(item, indent + 4)},\n`).join("")}${outer}}`;
  }
  return JSON.stringify(value);
}

export function pythonArguments(value: object): string {
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `    ${key}=${python(item, 4)},\n`)
    .join("");
}

/** A JSON value as JavaScript writes it. */
export function javascript(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/^(\s*)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

/** A text in single quotes for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function curl(method: string, url: string, body?: unknown): string {
  const lines = [`curl ${url} \\`, `  -H "Authorization: Bearer $OPENAI_API_KEY"`];
  if (method !== "GET" && body === undefined) lines[0] = `curl -X ${method} ${url} \\`;
  if (body === undefined) return lines.join("\n");
  return [...lines.map((line, at) => (at === 1 ? `${line} \\` : line)), `  -H "Content-Type: application/json" \\`, `  -d ${quoted(JSON.stringify(body, null, 2))}`].join("\n");
}

export function requestOf(job: FineTuningJob): JobCreateParams {
  return {
    model: job.model,
    training_file: job.training_file,
    ...(job.validation_file !== null && { validation_file: job.validation_file }),
    ...(job.method && { method: job.method }),
    ...withSuffix(job),
    seed: job.seed,
    ...(job.metadata && { metadata: job.metadata }),
  };
}

function withSuffix(job: FineTuningJob): { suffix?: string } {
  const suffix = (job as { user_provided_suffix?: string | null }).user_provided_suffix;
  return suffix ? { suffix } : {};
}

export function jobCode(job: FineTuningJob, origin: string): Snippets {
  return createCode(requestOf(job), origin);
}

export function createCode(request: JobCreateParams, origin: string): Snippets {
  return {
    python: `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1")
job = client.fine_tuning.jobs.create(
${pythonArguments(request)})
print(job.id)`,
    node: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1" });
const job = await client.fineTuning.jobs.create(${javascript(request)});
console.log(job.id);`,
    curl: curl("POST", `${origin}/v1/fine_tuning/jobs`, request),
  };
}

export function chatCode(request: object, origin: string): Snippets {
  return {
    python: `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1")
answer = client.chat.completions.create(
${pythonArguments(request)})
print(answer.choices[0].message)`,
    node: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1" });
const answer = await client.chat.completions.create(${javascript(request)});
console.log(answer.choices[0].message);`,
    curl: curl("POST", `${origin}/v1/chat/completions`, request),
  };
}
