/** What would be learned: the counts, and the first lines of the training file. */

import type { DistillationPreview } from "@/api/x";
import { ExampleView } from "@/components/display/Conversation";
import { CodeBlock } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Empty, Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { readExample } from "@/lib/conversation";
import type { JsonObject } from "@/lib/jsonl";
import { Counts, type LogKind } from "./Counts";

export function Preview({
  preview,
  kind,
  isGraded,
}: {
  preview: DistillationPreview;
  kind: LogKind;
  isGraded: boolean;
}) {
  const words = useMessages().distillations.preview;
  if (preview.counts.found === 0) return <Empty isSmall title={words.nothing} />;
  return (
    <div className={layout.stack}>
      {isGraded && <Notice kind="info">{words.notGraded}</Notice>}
      <Counts counts={preview.counts} kind={kind} isBesideForm />
      {preview.examples.length > 0 && <h3>{words.lines}</h3>}
      {preview.examples.map((line, at) => (
        <details key={at} open={at === 0}>
          <summary className={layout.quiet}>{words.line(at + 1)}</summary>
          <div className={layout.padded}>
            <Line line={line as JsonObject} />
          </div>
        </details>
      ))}
    </div>
  );
}

function Line({ line }: { line: JsonObject }) {
  const example = readExample(line);
  return example ? <ExampleView example={example} /> : <CodeBlock code={JSON.stringify(line, null, 2)} isWrapped />;
}
