/** What the server says, in Chinese: a template for every code, from the catalogue that the commands read too. */

import type { SentenceCode } from "@/i18n/sentences";
import cards from "@sentences/zh/cards.json";
import errors from "@sentences/zh/errors.json";
import files from "@sentences/zh/files.json";
import jobs from "@sentences/zh/jobs.json";
import json from "@sentences/zh/json.json";
import reasons from "@sentences/zh/reasons.json";
import refusals from "@sentences/zh/refusals.json";
import safety from "@sentences/zh/safety.json";
import training from "@sentences/zh/training.json";

export const sentences: Record<SentenceCode, string> = {
  ...cards,
  ...errors,
  ...files,
  ...jobs,
  ...json,
  ...reasons,
  ...refusals,
  ...safety,
  ...training,
};
