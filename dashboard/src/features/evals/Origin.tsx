/** Where imported evals and runs come from, and criteria that cannot be used here. */

import type { components } from "@/api/schema";
import { Mark, Tag } from "@/components/display/Status";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";

type Imported = components["schemas"]["ImportedFrom"];

/** The official types do not have this field of ours. */
export function importedFrom(value: object): Imported | null {
  return (value as { imported?: Imported | null }).imported ?? null;
}

/** Why a criterion is not used; undefined for one that is. */
export function switchedOff(criterion: object): string | undefined {
  return (criterion as { switched_off?: string }).switched_off;
}

export function ImportedTag({ value }: { value: object }) {
  const words = useMessages().evals;
  return importedFrom(value) !== null && <Tag>{words.imported}</Tag>;
}

export function ImportedNotice({ value, text }: { value: object; text: string }) {
  const words = useMessages().evals;
  const origin = importedFrom(value);
  if (origin === null) return null;
  const places = [words.sources[origin.source as keyof typeof words.sources], origin.file, origin.id];
  return (
    <Notice kind="info">
      {text} {places.filter(Boolean).join(" · ")}
    </Notice>
  );
}

export function SwitchedOff() {
  return <Mark kind="waiting">{useMessages().evals.switchedOff}</Mark>;
}
