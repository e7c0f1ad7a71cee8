/** What a report advises: how much it matters, what was seen, and the lines to look at. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Advice } from "@/api/x";
import { Mark } from "@/components/display/Status";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import type { AdviceValues } from "@/i18n/en/advice";
import { count } from "@/lib/format";
import styles from "./AdviceList.module.css";

const MAX_LINES = 12;
const MAX_GROUPS = 3;
const LOOKS = { must_mend: "bad", look_at: "waiting", for_information: "plain" } as const;

/** Without `fileId` the lines of a file are named, not linked: a form beside the report would be lost. */
export function AdviceList({
  advice,
  fileId,
  validationId,
}: {
  advice: readonly Advice[];
  fileId: string | null;
  validationId: string | null;
}) {
  const { files, advice: words } = useMessages();
  if (advice.length === 0) return null;
  return (
    <section className={layout.tight} aria-label={files.report.advice}>
      <h3>{files.report.advice}</h3>
      <ul className={styles.list}>
        {advice.map((each, at) => (
          <li key={at} className={styles.item}>
            <div>
              <Mark kind={LOOKS[each.severity]}>{words.severities[each.severity]}</Mark>
            </div>
            <div className={layout.tight}>
              <p>
                <Words advice={each} />
              </p>
              <Lines advice={each} fileId={each.file === "validation" ? validationId : fileId} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The advice in the language of the page; a server that knows more codes words them itself. */
function Words({ advice }: { advice: Advice }): ReactNode {
  const { words, kinds } = useMessages().advice;
  const tag = useLocaleTag();
  const worded = (words as Partial<Record<string, (values: AdviceValues) => string>>)[advice.code];
  return worded === undefined ? advice.text : worded(valuesOf(advice, kinds, tag));
}

function valuesOf(advice: Advice, kinds: Partial<Record<string, string>>, tag: string): AdviceValues {
  const written = (name: string): string => {
    const value = advice.parameters[name];
    if (value === undefined) return "";
    if (typeof value === "number") return count(value, tag);
    return typeof value === "string" ? value : value.map((each) => JSON.stringify(each)).join(" / ");
  };
  const counted = advice.parameters.count;
  const kind = written("kind");
  return {
    n: typeof counted === "number" ? counted : 0,
    count: written("count"),
    groups: written("groups"),
    repeated: written("repeated"),
    needed: written("needed"),
    good_start: written("good_start"),
    context_length: written("context_length"),
    trained_tokens: written("trained_tokens"),
    rows: written("rows"),
    labels: written("labels"),
    percent: written("percent"),
    examples: written("examples"),
    label: written("label"),
    kind: kinds[kind] ?? kind,
    parameter: written("parameter"),
    name: written("name"),
    value: written("value"),
  };
}

function Lines({ advice, fileId }: { advice: Advice; fileId: string | null }) {
  const words = useMessages().advice;
  const tag = useLocaleTag();
  const { lines, groups } = advice;
  const named = advice.file === "validation" ? words.validationLines : words.lines;
  if (groups !== null) {
    const shown = groups.first.slice(0, MAX_GROUPS);
    const more = groups.groups - shown.length;
    return (
      <div className={styles.lines}>
        <span>{words.groups}</span>
        {shown.map((group, at) => (
          <span key={at} className={styles.group}>
            {group.slice(0, MAX_LINES).map((line) => (
              <LineLink key={line} line={line} fileId={fileId} />
            ))}
            {group.length > MAX_LINES && "…"}
          </span>
        ))}
        {more > 0 && <span>{words.more(count(more, tag))}</span>}
      </div>
    );
  }
  if (lines === null) return null;
  const shown = lines.first.slice(0, MAX_LINES);
  const more = lines.count - shown.length;
  return (
    <div className={styles.lines}>
      <span>{named}</span>
      {shown.map((line) => (
        <LineLink key={line} line={line} fileId={fileId} />
      ))}
      {more > 0 && <span>{words.more(count(more, tag))}</span>}
    </div>
  );
}

/** Opens the line where it can be read. */
function LineLink({ line, fileId }: { line: number; fileId: string | null }) {
  if (fileId === null) return <span>{line}</span>;
  return (
    <Link to="/files/$fileId" params={{ fileId }} search={{ line }}>
      {line}
    </Link>
  );
}
