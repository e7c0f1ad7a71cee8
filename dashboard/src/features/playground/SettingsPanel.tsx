/** System prompt, sampling, tools and the form of the answer. */

import { Button } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { Switch, TextArea, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { DEFAULTS, EXAMPLE_TOOLS, isSchemaGood, readTools, type Settings } from "./settings";

export function SettingsPanel({ settings, onChange }: { settings: Settings; onChange: (part: Partial<Settings>) => void }) {
  const words = useMessages().playground;
  return (
    <Card
      title={words.settings}
      actions={
        <Button size="small" kind="quiet" disabled={isUsual(settings)} onClick={() => onChange(DEFAULTS)}>
          {words.reset}
        </Button>
      }
    >
      <div className={layout.stack}>
        <TextArea
          label={words.system}
          rows={3}
          value={settings.system}
          onChange={(event) => onChange({ system: event.target.value })}
        />
        <div className={layout.pairs}>
          <TextField
            label={words.temperature}
            inputMode="decimal"
            placeholder="1"
            value={settings.temperature}
            onChange={(event) => onChange({ temperature: event.target.value })}
          />
          <TextField
            label="Top P"
            inputMode="decimal"
            placeholder="1"
            value={settings.topP}
            onChange={(event) => onChange({ topP: event.target.value })}
          />
          <TextField
            label={words.maxTokens}
            inputMode="numeric"
            value={settings.maxTokens}
            onChange={(event) => onChange({ maxTokens: event.target.value })}
          />
          <TextField
            label={words.seed}
            inputMode="numeric"
            value={settings.seed}
            onChange={(event) => onChange({ seed: event.target.value })}
          />
        </div>
        <Switch
          label={words.probabilities}
          isOn={settings.showsProbabilities}
          onChange={(showsProbabilities) => onChange({ showsProbabilities })}
        />
        <TextArea
          label={words.tools}
          isOptional
          isCode
          rows={settings.tools === "" ? 2 : 9}
          error={readTools(settings.tools) === null ? words.badTools : null}
          placeholder='[{"type": "function", …}]'
          value={settings.tools}
          onChange={(event) => onChange({ tools: event.target.value })}
        />
        {settings.tools === "" && (
          <div>
            <Button size="small" kind="quiet" onClick={() => onChange({ tools: EXAMPLE_TOOLS })}>
              {words.exampleTools}
            </Button>
          </div>
        )}
        <TextArea
          label={words.schema}
          isOptional
          isCode
          rows={settings.schema === "" ? 2 : 7}
          error={isSchemaGood(settings.schema) ? null : words.badSchema}
          placeholder='{"type": "object", …}'
          value={settings.schema}
          onChange={(event) => onChange({ schema: event.target.value })}
        />
      </div>
    </Card>
  );
}

function isUsual(settings: Settings): boolean {
  return (Object.keys(DEFAULTS) as (keyof Settings)[]).every((name) => settings[name] === DEFAULTS[name]);
}
