/** The generated types are those of the API as it is. */

import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { expect, test } from "vitest";

test("src/api/schema.ts comes from openapi.json", async () => {
  const document = new URL("../../openapi.json", import.meta.url);
  const types = astToString(await openapiTS(JSON.parse(readFileSync(document, "utf8")) as Parameters<typeof openapiTS>[0]));
  const written = readFileSync(new URL("../src/api/schema.ts", import.meta.url), "utf8");
  expect(written.endsWith(types), "run `make pages`").toBe(true);
});
