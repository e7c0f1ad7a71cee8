/** What a model hears before conversations without instructions of their own: shown, set, and taken away. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ModelCheck, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextArea } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { checkQuery } from "./queries";

export function SystemPrompt({ model }: { model: string }) {
  const found = useQuery(checkQuery(model));
  return found.data == null ? null : <Prompt check={found.data} />;
}

function Prompt({ check }: { check: ModelCheck }) {
  const { safety: words, common } = useMessages();
  const [text, setText] = useState(check.system_prompt ?? "");
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: () => x.putSystemPrompt(check.model, text.trim() === "" ? null : text.trim()),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["models"] }),
  });
  const isSame = text.trim() === (check.system_prompt ?? "");
  const isChecked = check.status !== "not_checked";
  return (
    <section className={layout.tight}>
      <TextArea
        label={words.systemPrompt}
        hint={isChecked ? `${words.systemPromptHint} ${words.systemPromptRechecks}` : words.systemPromptHint}
        rows={3}
        maxLength={8000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Problem error={save.error} />
      {save.isSuccess && isSame && <Notice kind="good">{check.system_prompt === null ? words.promptRemoved : words.promptSaved}</Notice>}
      <div className={layout.end}>
        <Button size="small" disabled={isSame || save.isPending} onClick={() => save.mutate()}>
          {common.save}
        </Button>
      </div>
    </section>
  );
}
