/** What the server says, in Chinese: a template for every code. */

import type { SentenceCode } from "@/i18n/sentences";
import { cards } from "./cards";
import { edits } from "./edits";
import { errors } from "./errors";
import { files } from "./files";
import { jobs } from "./jobs";
import { json } from "./json";
import { reasons } from "./reasons";
import { safety } from "./safety";
import { training } from "./training";

export const sentences: Record<SentenceCode, string> = {
  ...cards,
  ...edits,
  ...errors,
  ...files,
  ...jobs,
  ...json,
  ...reasons,
  ...safety,
  ...training,
};
