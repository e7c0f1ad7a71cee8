/** What the palette offers without asking the server: every page, and every action that begins something. */

import type { NavigateOptions } from "@tanstack/react-router";
import { Boxes, FilePlus, FlaskConical, GraduationCap, KeyRound, Layers, type LucideIcon, SlidersHorizontal, Webhook } from "lucide-react";
import type { Messages } from "@/i18n/messages";
import { NAVIGATION } from "./navigation";

export interface Entry {
  id: string;
  name: string;
  icon: LucideIcon;
  go: NavigateOptions;
  /** What it is found by besides its name. */
  also: string;
}

export function pageEntries(common: Messages["common"]): Entry[] {
  return NAVIGATION.flatMap((group) =>
    group.links.map(({ to, name, icon }) => ({ id: `page ${to}`, name: common.nav[name], icon, go: { to }, also: to.slice(1) })),
  );
}

/** In any language they are also found by their English names, which are in most people's fingers. */
export function actionEntries({ jobs, evals, distillations, keys, bases, webhooks, palette }: Messages): Entry[] {
  return [
    { id: "job", name: jobs.create, icon: SlidersHorizontal, go: { to: "/fine-tuning/new" }, also: "new job fine-tune create train" },
    { id: "eval", name: evals.create, icon: FlaskConical, go: { to: "/evals/new" }, also: "new eval create" },
    { id: "distil", name: distillations.create, icon: GraduationCap, go: { to: "/distillations/new" }, also: "new distillation create" },
    { id: "upload", name: palette.upload, icon: FilePlus, go: { to: "/files" }, also: "upload file add" },
    { id: "batch", name: palette.batch, icon: Layers, go: { to: "/batches" }, also: "new batch create" },
    { id: "base", name: bases.add, icon: Boxes, go: { to: "/models", search: { add: true } }, also: "add base model" },
    { id: "key", name: keys.create, icon: KeyRound, go: { to: "/keys", search: { create: true } }, also: "new api key create" },
    { id: "webhook", name: webhooks.create, icon: Webhook, go: { to: "/webhooks", search: { create: true } }, also: "new webhook create" },
  ];
}

/** The entries that hold every word of the text. */
export function matching(entries: readonly Entry[], text: string): Entry[] {
  return entries.filter(({ name, also }) => matches([name, also], text));
}

export function matches(names: readonly string[], text: string): boolean {
  const held = names.join(" ").toLowerCase();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => held.includes(word));
}
