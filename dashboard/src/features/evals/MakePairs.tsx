/** Graded answers of runs as a preference file: counted first, then made. */

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useState } from "react";
import { type MakePairs as Wish, type PreferencePairs, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { SelectField, TextField } from "@/components/controls/Field";
import { Facts } from "@/components/layout/Card";
import { Dialog } from "@/components/layout/Dialog";
import { Loaded } from "@/components/layout/Loaded";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import type { Eval } from "./queries";

export function MakePairs({ owner, runs }: { owner: Eval; runs: readonly string[] }) {
  const words = useMessages().evals.preferencePairs;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Scale /> {words.action}
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title={words.title} about={words.about} isWide>
        {isOpen && <Form owner={owner} runs={runs} />}
      </Dialog>
    </>
  );
}

function Form({ owner, runs }: { owner: Eval; runs: readonly string[] }) {
  const words = useMessages().evals.preferencePairs;
  const criteria = owner.testing_criteria.flatMap((each) => ("name" in each ? [each.name] : []));
  const [criterion, setCriterion] = useState(criteria[0] ?? "");
  const [difference, setDifference] = useState("0");
  const cache = useQueryClient();
  const least = Number(difference);
  const isGood = difference.trim() !== "" && least >= 0 && Number.isFinite(least);
  const wish: Wish = { runs: [...runs], min_difference: least, ...(criterion !== "" && { criterion }) };
  const preview = useQuery({
    queryKey: ["evals", "pairs", wish],
    queryFn: ({ signal }) => x.previewPairs(wish, signal),
    enabled: isGood,
    placeholderData: keepPreviousData,
  });
  const make = useMutation({
    mutationFn: () => x.makePairs(wish),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["files", "list"] }),
  });
  const made = make.data?.file_id;
  return (
    <div className={layout.stack}>
      <div className={layout.halves}>
        <SelectField label={words.criterion} value={criterion} onChange={(event) => setCriterion(event.target.value)}>
          {criteria.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <TextField
          label={words.difference}
          inputMode="decimal"
          error={isGood ? null : words.badDifference}
          value={difference}
          onChange={(event) => setDifference(event.target.value)}
        />
      </div>
      <Loaded query={preview}>{(found) => <Found found={found} />}</Loaded>
      <Problem error={make.error} />
      {made && (
        <Notice kind="good">
          {words.made}{" "}
          <Link to="/files/$fileId" params={{ fileId: made }}>
            {made}
          </Link>
        </Notice>
      )}
      <div className={layout.end}>
        <Button
          kind="primary"
          disabled={!isGood || make.isPending || make.isSuccess || preview.data?.pairs === 0}
          onClick={() => make.mutate()}
        >
          {words.create}
        </Button>
      </div>
    </div>
  );
}

function Found({ found }: { found: PreferencePairs }) {
  const words = useMessages().evals.preferencePairs;
  const tag = useLocaleTag();
  const reasons: Record<string, string> = words.reasons;
  return (
    <Facts
      facts={[
        [words.prompts, count(found.prompts, tag)],
        [words.pairs, count(found.pairs, tag)],
        [words.single, count(found.single_answer, tag)],
        [words.close, count(found.too_close, tag)],
        ...Object.entries(found.left_out).map(([reason, n]) => [reasons[reason] ?? reason, count(n, tag)] as const),
        [words.longer, count(found.preferred_longer, tag)],
      ]}
    />
  );
}
