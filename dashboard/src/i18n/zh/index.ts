import { advice } from "@/i18n/zh/advice";
import { batches } from "@/i18n/zh/batches";
import { common } from "@/i18n/zh/common";
import { distillations } from "@/i18n/zh/distillations";
import { evals } from "@/i18n/zh/evals";
import { files } from "@/i18n/zh/files";
import { jobs } from "@/i18n/zh/jobs";
import { leaving, shadows } from "@/i18n/zh/leaving";
import { logs } from "@/i18n/zh/logs";
import { overview } from "@/i18n/zh/overview";
import { playground } from "@/i18n/zh/playground";
import { safety } from "@/i18n/zh/safety";
import { signIn } from "@/i18n/zh/signIn";
import { bases, keys, models } from "@/i18n/zh/models";
import { start } from "@/i18n/zh/start";
import { webhooks } from "@/i18n/zh/webhooks";
import type { Messages } from "@/i18n/messages";

export const zh: Messages = { advice, bases, batches, common, distillations, evals, files, jobs, keys, leaving, logs, models, overview, playground, safety, shadows, signIn, start, webhooks };
