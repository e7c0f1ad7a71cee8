/** What was asked for. */

import type { Distillation } from "@/api/x";
import { CodeBlock } from "@/components/display/Code";
import { Tag } from "@/components/display/Status";
import { Ago } from "@/components/display/Time";
import { Card, Facts } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, date, decimal, percent } from "@/lib/format";
import { FileLink } from "@/components/display/FileLink";
import { type Asked, askedOf } from "./request";

export function Settings({ made }: { made: Distillation }) {
  const { distillations: words } = useMessages();
  const tag = useLocaleTag();
  const asked = askedOf(made);
  const { source, method = { type: "answers" } } = asked;
  const options = [
    asked.deduplicate && words.settings.deduplicated,
    asked.keep_refusals && words.settings.keepsRefusals,
    asked.redact && words.settings.redacted,
  ].filter((option) => option !== false);
  return (
    <Card title={words.settings.title}>
      <div className={layout.stack}>
        <Facts
          facts={[
            [words.settings.source, words.form.sources[KINDS[source.type]]],
            [words.form.file, source.file_id !== undefined && <FileLink key="file" id={source.file_id} />],
            [words.form.selected, source.ids !== undefined && count(source.ids.length, tag)],
            [words.form.teacher, asked.teacher ?? source.model ?? words.every],
            [words.name, asked.student],
            [words.form.method, words.form.methods[method.type]],
            [words.form.temperature, method.temperature !== undefined && decimal(method.temperature, 2, tag)],
            [words.form.topK, method.top_k !== undefined && count(method.top_k, tag)],
            [words.form.mix, method.mix !== undefined && percent(method.mix, tag)],
            [words.form.maxTokens, method.max_tokens !== undefined && count(method.max_tokens, tag)],
            [
              words.form.metadata,
              source.metadata !== undefined && (
                <Tags key="metadata" texts={Object.entries(source.metadata).map(([key, value]) => `${key}: ${value}`)} />
              ),
            ],
            [words.settings.days, periodOf(source, words.settings.period, tag)],
            [words.form.limit, source.limit !== undefined && count(source.limit, tag)],
            [
              words.settings.keptIf,
              asked.keep_if !== undefined && `${asked.keep_if.grader.type} ≥ ${decimal(asked.keep_if.at_least, 2, tag)}`,
            ],
            [words.settings.options, options.length > 0 && <Tags key="options" texts={options} />],
            [words.settings.heldOut, percent(asked.validation, tag)],
            [words.created, <Ago key="created" at={made.created_at} />],
            [words.settings.finished, made.finished_at !== null && <Ago key="finished" at={made.finished_at} />],
          ]}
        />
        {source.instructions !== undefined && (
          <details>
            <summary className={layout.quiet}>{words.form.instructions}</summary>
            <CodeBlock code={source.instructions} isWrapped />
          </details>
        )}
      </div>
    </Card>
  );
}

const KINDS = { stored_completions: "completions", responses: "responses", questions: "questions", selected: "selected" } as const;

function Tags({ texts }: { texts: readonly string[] }) {
  return (
    <span className={layout.row}>
      {texts.map((text) => (
        <Tag key={text}>{text}</Tag>
      ))}
    </span>
  );
}

function periodOf(source: Asked["source"], written: (from: string, to: string) => string, tag: string): string | false {
  const { created_after: after, created_before: before } = source;
  if (after === undefined && before === undefined) return false;
  // Both ends are excluded.
  const from = after === undefined ? "…" : date(after + 1, tag);
  const to = before === undefined ? "…" : date(before - 1, tag);
  return written(from, to);
}
