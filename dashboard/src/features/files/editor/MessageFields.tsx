/** One message: its role, its text, its calls, and whether it is learned. */

import { clsx } from "clsx";
import { ArrowDown, Plus, Trash2 } from "lucide-react";
import { Button, IconButton } from "@/components/controls/Button";
import { Select, Switch, TextArea, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { type JsonObject, pretty } from "@/lib/jsonl";
import styles from "./Editor.module.css";
import { areArguments, type Call, callsOf, textOf, withCall, withRole, withText, withWeight } from "./example";

const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;
const LARGE_CHARACTERS = 10_000;

export function MessageFields({
  message,
  number,
  canWeigh,
  onChange,
  onRemove,
  onAddBelow,
}: {
  message: JsonObject;
  /** From 1, which tells fields of the same kind apart. */
  number: number;
  canWeigh: boolean;
  onChange: (message: JsonObject) => void;
  onRemove: (() => void) | null;
  onAddBelow: () => void;
}) {
  const { files, common } = useMessages();
  const words = files.editor;
  const names: Record<string, string> = common.roles;
  const role = typeof message.role === "string" ? message.role : "";
  const text = textOf(message);
  const isKnown = (ROLES as readonly string[]).includes(role);
  return (
    <div className={styles.message} role="group" aria-label={words.message(number)}>
      <div className={layout.between}>
        <Select label={words.roleOf(number)} className={styles.role} value={role} onChange={(event) => onChange(withRole(message, event.target.value))}>
          {!isKnown && <option value={role}>{role || "?"}</option>}
          {ROLES.map((name) => (
            <option key={name} value={name}>
              {names[name]}
            </option>
          ))}
        </Select>
        <div className={layout.row}>
          {role === "assistant" && canWeigh && (
            <Switch label={words.isLearned} isOn={message.weight !== 0} onChange={(isOn) => onChange(withWeight(message, isOn))} />
          )}
          <IconButton size="small" label={words.addBelow(number)} onClick={onAddBelow}>
            <Plus />
            <ArrowDown />
          </IconButton>
          <IconButton size="small" label={words.removeMessage(number)} disabled={onRemove === null} onClick={onRemove ?? undefined}>
            <Trash2 />
          </IconButton>
        </div>
      </div>
      {text === null ? (
        <p className={layout.quiet}>{words.onlyAsJson}</p>
      ) : (
        <TextArea
          label={words.textOf(number)}
          className={clsx(styles.text, text.length > LARGE_CHARACTERS && styles.large)}
          value={text}
          onChange={(event) => onChange(withText(message, event.target.value))}
        />
      )}
      {role === "tool" && (
        <TextField
          label={words.callId}
          isCode
          value={typeof message.tool_call_id === "string" ? message.tool_call_id : ""}
          onChange={(event) => onChange({ ...message, tool_call_id: event.target.value })}
        />
      )}
      {callsOf(message).map((call, at) => (
        <CallFields key={at} call={call} onChange={(part) => onChange(withCall(message, at, part))} />
      ))}
    </div>
  );
}

function CallFields({ call, onChange }: { call: Call; onChange: (part: Partial<Call>) => void }) {
  const words = useMessages().files.editor;
  const shown = pretty(call.arguments);
  return (
    <div className={layout.tight}>
      <div className={layout.pairs}>
        <TextField label={words.functionName} isCode value={call.name} onChange={(event) => onChange({ name: event.target.value })} />
        <TextField label={words.callId} isCode value={call.id} onChange={(event) => onChange({ id: event.target.value })} />
      </div>
      <TextArea
        label={words.arguments}
        isCode
        className={styles.arguments}
        error={areArguments(call.arguments) ? null : words.badArguments}
        value={call.arguments}
        onChange={(event) => onChange({ arguments: event.target.value })}
      />
      {shown !== call.arguments && (
        <div>
          <Button size="small" onClick={() => onChange({ arguments: shown })}>
            {words.indent}
          </Button>
        </div>
      )}
    </div>
  );
}
