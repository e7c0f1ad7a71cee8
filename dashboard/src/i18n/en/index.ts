import { advice } from "@/i18n/en/advice";
import { batches } from "@/i18n/en/batches";
import { common } from "@/i18n/en/common";
import { distillations } from "@/i18n/en/distillations";
import { evals } from "@/i18n/en/evals";
import { files } from "@/i18n/en/files";
import { jobs } from "@/i18n/en/jobs";
import { leaving, shadows } from "@/i18n/en/leaving";
import { logs } from "@/i18n/en/logs";
import { overview } from "@/i18n/en/overview";
import { palette } from "@/i18n/en/palette";
import { playground } from "@/i18n/en/playground";
import { safety } from "@/i18n/en/safety";
import { signIn } from "@/i18n/en/signIn";
import { bases, keys, models } from "@/i18n/en/models";
import { start } from "@/i18n/en/start";
import { webhooks } from "@/i18n/en/webhooks";

export const en = { advice, bases, batches, common, distillations, evals, files, jobs, keys, leaving, logs, models, overview, palette, playground, safety, shadows, signIn, start, webhooks };
