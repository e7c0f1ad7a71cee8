/** The fields of a new job, and beside them the estimate. */

import { useErrorText } from "@/api/errorText";
import { useQuery } from "@tanstack/react-query";
import { reportQuery } from "@/api/queries";
import { x } from "@/api/x";
import { Card } from "@/components/layout/Card";
import { Field, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { useMessages } from "@/i18n";
import { Restored } from "@/components/layout/Restored";
import { useDebounced } from "@/lib/debounced";
import { useDraft } from "@/lib/tab/useDraft";
import { DataFile } from "./DataFile";
import { type Draft, requestOf, splitOf, splitTurnsOf, validationOf, withMethod } from "./draft";
import { draftFaults } from "./draftFaults";
import styles from "./JobForm.module.css";
import { Metadata } from "./Metadata";
import { MethodChoice } from "./MethodChoice";
import { RewardNumbers, Rewards } from "./RewardSettings";
import { errorOfField } from "./fieldErrors";
import { Summary } from "./Summary";
import { TurnsChoice } from "./TurnsChoice";
import { useCreateJob } from "./useCreateJob";
import { ValidationData } from "./ValidationData";

const DEBOUNCE_MS = 350;

export function JobForm({ initial, name }: { initial: Draft; /** Under which the draft is kept. */ name: string }) {
  const words = useMessages().jobs.form;
  const kept = useDraft(name, initial);
  const { value: draft, change } = kept;
  const faults = draftFaults(draft);
  const isRight = Object.keys(faults).length === 0;

  const debounced = useDebounced(draft, DEBOUNCE_MS);
  const request = Object.keys(draftFaults(debounced)).length === 0 ? requestOf(debounced) : null;
  const split = splitOf(debounced);
  const report = useQuery({
    ...reportQuery(draft.training ?? "", draft.model, draft.method, {
      validation: validationOf(draft) ?? undefined,
      splitTurns: splitTurnsOf(draft),
    }),
    enabled: draft.training !== null,
  });
  // The report is of the file in the form; what is asked with a delay may still name the one before.
  const isClean = report.data?.is_clean === true && debounced.training === draft.training;
  const plan = useQuery({
    queryKey: ["files", debounced.training, "split", split],
    queryFn: ({ signal }) => (debounced.training && split ? x.planSplit(debounced.training, split, signal) : null),
    enabled: debounced.training !== null && split !== null && isClean,
    staleTime: Infinity,
  });
  const heldOut = debounced.holdOut === "split" ? (plan.data?.validation_examples ?? 0) : 0;
  // Until it is known what is held out, an estimate would be of another job, or refused.
  const isHeldOut =
    debounced.holdOut === "none" || (debounced.holdOut === "file" ? debounced.validation !== null : heldOut > 0);
  const estimate = useQuery({
    queryKey: ["estimate", request, heldOut],
    queryFn: ({ signal }) => (request ? x.estimateJob(request, heldOut, signal) : null),
    enabled: request !== null && isClean && isHeldOut,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  const creation = useCreateJob(draft, kept.forget);
  const textOf = useErrorText();
  const isValidationReady =
    draft.holdOut === "none" || (draft.holdOut === "file" ? draft.validation !== null : Boolean(plan.data));
  const error = creation.error ?? estimate.error;
  const about = (param: string) => {
    const fault = faults[param];
    return fault ? words.faults[fault.kind](fault as never) : errorOfField(error, param, textOf);
  };
  const auto = (chosen: { value: number; is_auto: boolean } | undefined) =>
    chosen?.is_auto ? words.autoHint(String(chosen.value)) : undefined;

  return (
    <form
      className={layout.main}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) creation.mutate();
        else event.currentTarget.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      }}
    >
      <div className={layout.stack}>
        <Restored isShown={kept.isRestored} onDiscard={kept.discard} />
        <Card>
          <div className={layout.stack}>
            <Field label={words.model} hint={words.modelHint} error={about("model")}>
              {() => <ModelPicker label={words.model} value={draft.model} onChange={(model) => change({ model })} />}
            </Field>
            <MethodChoice value={draft.method} error={about("method.type")} onChange={(method) => change(withMethod(draft, method))} />
            {draft.method === "reinforcement" && <Rewards draft={draft} about={about} onChange={change} />}
          </div>
        </Card>
        <Card title={words.training}>
          <div className={layout.stack}>
            <DataFile
              label={words.training}
              value={draft.training}
              report={report}
              method={draft.method}
              splitTurns={splitTurnsOf(draft)}
              error={about("training_file")}
              onChange={(training) => change({ training })}
            />
            {draft.method === "supervised" && (
              <TurnsChoice
                value={draft.splitTurns}
                error={about("split_turns")}
                onChange={(splitTurns) => change({ splitTurns })}
              />
            )}
          </div>
        </Card>
        <Card title={words.validation}>
          <ValidationData draft={draft} plan={plan} error={about("validation_file")} onChange={change} />
        </Card>
        <Card title={words.settings}>
          <div className={layout.stack}>
            <div className={styles.numbers}>
              <TextField
                label={words.epochs}
                placeholder="auto"
                inputMode="numeric"
                hint={auto(estimate.data?.n_epochs)}
                error={about("n_epochs")}
                value={draft.epochs}
                onChange={(event) => change({ epochs: event.target.value })}
              />
              <TextField
                label={words.batchSize}
                placeholder="auto"
                inputMode="numeric"
                hint={auto(estimate.data?.batch_size)}
                error={about("batch_size")}
                value={draft.batchSize}
                onChange={(event) => change({ batchSize: event.target.value })}
              />
              <TextField
                label={words.learningRate}
                placeholder="auto"
                inputMode="decimal"
                hint={auto(estimate.data?.learning_rate_multiplier)}
                error={about("learning_rate_multiplier")}
                value={draft.learningRate}
                onChange={(event) => change({ learningRate: event.target.value })}
              />
              {draft.method === "dpo" && (
                <TextField
                  label={words.beta}
                  placeholder="auto"
                  inputMode="decimal"
                  error={about("beta")}
                  value={draft.beta}
                  onChange={(event) => change({ beta: event.target.value })}
                />
              )}
            </div>
            {draft.method === "reinforcement" && <RewardNumbers draft={draft} about={about} onChange={change} />}
            <div className={layout.halves}>
              <TextField
                label={words.suffix}
                isOptional
                hint={words.suffixHint}
                error={about("suffix")}
                maxLength={64}
                value={draft.suffix}
                onChange={(event) => change({ suffix: event.target.value })}
              />
              <TextField
                label={words.seed}
                isOptional
                hint={words.seedHint}
                error={about("seed")}
                inputMode="numeric"
                value={draft.seed}
                onChange={(event) => change({ seed: event.target.value })}
              />
            </div>
            {draft.method === "supervised" && (
              <TextField
                label={words.safetyMix}
                isOptional
                hint={words.safetyMixHint}
                error={about("safety_mix")}
                inputMode="decimal"
                placeholder="0"
                value={draft.safetyMix}
                onChange={(event) => change({ safetyMix: event.target.value })}
              />
            )}
            <Metadata pairs={draft.metadata} error={about("metadata")} onChange={(metadata) => change({ metadata })} />
          </div>
        </Card>
      </div>
      <Summary
        estimate={estimate.data ?? null}
        report={report.data}
        heldOut={heldOut}
        hasFile={draft.training !== null}
        isValidationReady={isValidationReady}
        isEstimating={estimate.isFetching}
        isCreating={creation.isPending}
        isRight={isRight}
        error={error}
      />
    </form>
  );
}
