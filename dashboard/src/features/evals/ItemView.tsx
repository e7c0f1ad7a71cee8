/** One output item of a run: input, output and grades. */

import { CodeBlock } from "@/components/display/Code";
import { Conversation } from "@/components/display/Conversation";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { Mark } from "@/components/display/Status";
import { useLocaleTag, useMessages } from "@/i18n";
import { readMessages } from "@/lib/conversation";
import { decimal } from "@/lib/format";
import type { Json } from "@/lib/jsonl";
import styles from "./ItemView.module.css";
import { criterionName, type Item } from "./queries";

export function ItemView({ item, isOpen = false }: { item: Item; isOpen?: boolean }) {
  return (
    <details className={styles.item} open={isOpen}>
      <summary className={styles.summary}>
        <span className={styles.number}>{item.datasource_item_id + 1}</span>
        <span>
          <Verdict status={item.status} />
        </span>
        <span className={styles.line}>{lastText(item.sample.input)}</span>
        <span className={styles.line}>{lastText(item.sample.output)}</span>
      </summary>
      <ItemDetail item={item} />
    </details>
  );
}

export function ItemDetail({ item }: { item: Item }) {
  const words = useMessages().evals;
  const error = item.sample.error as { message: string } | null;
  const input = readMessages(item.sample.input as unknown as Json);
  const output = readMessages(item.sample.output as unknown as Json);
  return (
    <div className={styles.detail}>
      {error !== null && <Notice kind="error">{error.message}</Notice>}
      <Conversation messages={[...input, ...output]} />
      {item.results.map((result) => (
        <Result key={result.name} result={result} />
      ))}
      <details>
        <summary className={layout.quiet}>{words.row}</summary>
        <CodeBlock code={JSON.stringify(item.datasource_item, null, 2)} isWrapped />
      </details>
    </div>
  );
}

/** What the official types lack: why there is no grade, and why the answer could not be read. */
interface Problems {
  error?: { message: string };
  failure?: { message: string };
}

function Result({ result }: { result: Item["results"][number] }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const graded = result as Item["results"][number] & Problems;
  const problem = graded.error ?? graded.failure;
  return (
    <section className={styles.result}>
      <div className={layout.row}>
        <strong>{criterionName(result.name)}</strong>
        {graded.error ? (
          <Mark kind="waiting">{words.errorMark}</Mark>
        ) : (
          <Mark kind={result.passed ? "good" : "bad"}>{result.passed ? words.pass : words.fail}</Mark>
        )}
        <span className={layout.quiet}>
          {words.score} {decimal(result.score, 3, tag)}
        </span>
      </div>
      {problem && <p className={layout.quiet}>{problem.message}</p>}
      {result.sample && <CodeBlock code={JSON.stringify(result.sample, null, 2)} isWrapped />}
    </section>
  );
}

export function Verdict({ status }: { status: string }) {
  const words = useMessages().evals;
  if (status === "pass") return <Mark kind="good">{words.pass}</Mark>;
  if (status === "fail") return <Mark kind="bad">{words.fail}</Mark>;
  return <Mark kind="waiting">{words.errorMark}</Mark>;
}

export function lastText(messages: unknown): string {
  const last = readMessages(messages as Json).at(-1);
  return last === undefined ? "" : last.text || last.calls.map((call) => `${call.name}(${call.arguments})`).join("\n");
}
