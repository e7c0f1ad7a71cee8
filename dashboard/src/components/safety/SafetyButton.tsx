/** Opens what is known of a model: its safety check, its default system prompt, and where it comes from. */

import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/controls/Button";
import { Id } from "@/components/display/Code";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { useMessages } from "@/i18n";
import { cardQuery } from "./queries";
import { SafetyCheck } from "./SafetyCheck";
import { SystemPrompt } from "./SystemPrompt";
import styles from "./SafetyButton.module.css";

export function SafetyButton({ model }: { model: string }) {
  const words = useMessages().safety;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton size="small" label={`${words.open}: ${model}`} onClick={() => setOpen(true)}>
        <ShieldCheck />
      </IconButton>
      <Dialog isWide isOpen={isOpen} onOpenChange={setOpen} title={words.open} about={model}>
        {isOpen && (
          <div className={layout.stack}>
            <SafetyCheck model={model} />
            <SystemPrompt model={model} />
            <Provenance model={model} />
          </div>
        )}
      </Dialog>
    </>
  );
}

function Provenance({ model }: { model: string }) {
  const words = useMessages().safety;
  const card = useQuery(cardQuery(model));
  return (
    <section className={layout.tight} aria-label={words.provenance}>
      <h3>{words.provenance}</h3>
      <Loaded query={card} lines={3}>
        {({ training, ...card }) => (
          <>
            <dl className={styles.facts}>
              <dt>{words.startedFrom}</dt>
              <dd>{card.started_from}</dd>
              <dt>{words.method}</dt>
              <dd>{training.method}</dd>
              <dt>{words.createdBy}</dt>
              <dd>{training.created_by?.name ?? words.notRecorded}</dd>
              {training.files.map((file) => (
                <Fact key={file.role} name={words.files[file.role]}>
                  {file.filename ?? words.deleted} <Id text={file.sha256} />
                </Fact>
              ))}
              {training.safety_mix !== null && <Fact name={words.mix}>{training.safety_mix}</Fact>}
            </dl>
            <h3>{words.notCheckedTitle}</h3>
            <ul className={styles.list}>
              {card.not_checked.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
