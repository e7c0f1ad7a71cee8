/** The report of a training file: verdict, errors by line, statistics and advice. */

import { useQuery } from "@tanstack/react-query";
import type { FileError, FileReport, MethodName } from "@/api/x";
import layout from "@/components/layout/layout.module.css";
import { Facts, Stats } from "@/components/layout/Card";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { isWording, type Wording, wordingIn } from "@/i18n/worded";
import { count, duration } from "@/lib/format";
import { AdviceList } from "./AdviceList";
import { ErrorList } from "./ErrorList";
import { Faults, faultsQuery } from "./Faults";
import { Histogram } from "./Histogram";
import { LinePreview } from "./LinePreview";

const TOO_FEW = "invalid_n_examples";

/** `hasLinks` lets the lines of an advice be opened, which leaves the page. */
export function ReportView({
  report: judged,
  method,
  splitTurns,
  hasLinks = false,
  onRepaired,
}: {
  report: FileReport;
  method: MethodName;
  /** What a job would be asked for; undefined leaves it to the model. */
  splitTurns?: boolean | undefined;
  hasLinks?: boolean;
  /** Takes the repaired file; without it, faults are only shown. */
  onRepaired?: ((fileId: string) => void) | undefined;
}) {
  const words = useMessages().files.report;
  const kinds: Record<string, string> = useMessages().advice.kinds;
  const tag = useLocaleTag();
  const say = useWorded();
  const report = judged.report;
  const wrong = lineErrors(report.errors);
  const looked = useQuery({ ...faultsQuery(judged.file_id, method), enabled: !judged.is_clean });
  const faults = looked.data?.faults ?? [];
  const isLooking = !judged.is_clean && looked.isPending;
  // What is wrong with a line stands once: the faults show its place; only the model knows the rest.
  const others = wrong.filter((error) => !faults.some((fault) => fault.line === error.line));
  const isShort = report.verdict?.code === TOO_FEW && wrong.length === 0;
  return (
    <div className={layout.stack}>
      {judged.is_clean ? (
        <Notice kind="good">{words.clean}</Notice>
      ) : (
        <Notice kind="error">{isShort ? words.tooFew(count(report.examples, tag)) : words.notTaken}</Notice>
      )}
      {!judged.is_clean && <Faults fileId={judged.file_id} method={method} onRepaired={onRepaired} />}
      {others.length > 0 && !isLooking && <ErrorList title={words.errors(others.length)} errors={others} />}
      {report.verdict !== null && wrong.length === 0 && !isShort && (
        <Notice kind="warning">{say(withoutIntroduction(report.verdict.message), reasonOf(wordingIn(report.verdict)))}</Notice>
      )}
      {report.validation?.verdict != null && report.validation.errors.length === 0 && (
        <Notice kind="warning">
          {say(withoutIntroduction(report.validation.verdict.message), reasonOf(wordingIn(report.validation.verdict)))}
        </Notice>
      )}
      {report.skipped.length > 0 && <ErrorList title={words.skipped(report.skipped.length)} errors={report.skipped} />}
      {report.validation !== null && report.validation.errors.length > 0 && (
        <ErrorList title={words.validationErrors(report.validation.errors.length)} errors={report.validation.errors} />
      )}
      {report.examples > 0 && (
        <>
          <Stats
            stats={[
              { label: words.examples, value: count(report.examples, tag) },
              { label: words.tokens, value: count(report.tokens.total.total, tag) },
              { label: words.learnedTokens, value: count(report.tokens.trained.total, tag) },
              {
                label: words.longest,
                value: count(report.tokens.total.max, tag),
                note: words.ofContext(count(report.context_length, tag)),
              },
            ]}
          />
          <AdviceList
            advice={report.advice}
            fileId={hasLinks ? judged.file_id : null}
            validationId={hasLinks ? judged.validation_file : null}
          />
          <LinePreview
            fileId={judged.file_id}
            model={judged.model}
            method={method}
            splitTurns={splitTurns}
            isLineGood={(line) => !wrong.some((error) => error.line === line)}
          />
          <Histogram lengths={report.tokens.total} />
          <Facts
            facts={[
              [words.duplicates, words.groups(report.duplicates.exact.examples, report.duplicates.near.examples)],
              [words.samePrompt, report.duplicates.same_prompt.groups > 0 && count(report.duplicates.same_prompt.groups, tag)],
              [
                words.gradedValues,
                report.graded_values.length > 0 &&
                  report.graded_values.map(({ name, kinds }) => `item.${name} (${kinds.join(", ")})`).join(", "),
              ],
              [words.systemPrompts, words.distinct(report.system_prompts.distinct, report.system_prompts.examples_without)],
              [
                words.images,
                report.images.images > 0 &&
                  words.imagesIn(report.images.images, report.images.examples.count, report.images.unseen.count),
              ],
              [words.tools, report.tools.distinct > 0 && words.toolUse(report.tools.distinct, report.tools.calls)],
              [words.toolProblems, report.tools.notes.length > 0 && <Notes notes={report.tools.notes} />],
              [words.cut, report.tokens.cut.examples.count > 0 && count(report.tokens.cut.examples.count, tag)],
              [words.refusals, report.refusals.lines.count > 0 && count(report.refusals.lines.count, tag)],
              [
                words.personalData,
                report.personal_data.length > 0 &&
                  report.personal_data.map((shape) => `${kinds[shape.kind] ?? shape.kind} (${shape.occurrences})`).join(", "),
              ],
              [
                words.leakage,
                report.validation !== null && words.leaked(report.validation.leakage.exact.count + report.validation.leakage.near.count),
              ],
              [
                words.estimate,
                report.job !== null &&
                  words.auto(
                    report.job.epochs,
                    report.job.batch_size,
                    report.job.steps,
                    report.job.seconds === null ? null : duration(report.job.seconds, tag),
                  ),
              ],
            ]}
          />
        </>
      )}
    </div>
  );
}

function Notes({ notes }: { notes: readonly { line: number; message: string }[] }) {
  const words = useMessages().files.report;
  const say = useWorded();
  return (
    <ul>
      {notes.slice(0, 5).map((note, at) => (
        <li key={at}>
          {words.lineNote(note.line, say(note.message, wordingIn(note)))}
        </li>
      ))}
    </ul>
  );
}

/** There is no job yet that could have failed. */
function withoutIntroduction(message: string): string {
  return message.replace(/^The job failed due to [^.]*\. /, "");
}

/** The same of a sentence: the reason without the words that a job failed. */
function reasonOf(wording: Wording | null): Wording | null {
  const { why, parts } = wording?.values ?? {};
  if (wording?.code === "job.invalid_file") return isWording(why) ? why : null;
  const reason: unknown = wording?.code === "together" && Array.isArray(parts) ? parts[1] : wording;
  return isWording(reason) ? reason : null;
}

/** By line, each said once. */
function lineErrors(errors: readonly FileError[]): FileError[] {
  return errors.toSorted((one, other) => one.line - other.line);
}
