/** How a job learns: what the server offers can be chosen, what it does not is shown as such. */

import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery } from "@/api/queries";
import type { MethodName } from "@/api/x";
import { Field } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";

export function MethodChoice({
  value,
  error,
  onChange,
}: {
  value: MethodName;
  error: string | null;
  onChange: (method: MethodName) => void;
}) {
  const words = useMessages().jobs.form;
  const methods = useQuery(capabilitiesQuery).data?.methods ?? [{ name: value, is_offered: true }];
  const missing = methods.filter((method) => !method.is_offered).map((method) => words.methods[method.name]);
  return (
    <Field label={words.method} hint={
        <>
          {words.methodHints[value]}
          {missing.length > 0 && <span className={layout.block}>{words.notOffered(missing)}</span>}
        </>
      } error={error}>
      {() => (
        <div>
          <Segments
            label={words.method}
            options={methods.map(({ name, is_offered }) => ({ name, label: words.methods[name], isDisabled: !is_offered }))}
            current={value}
            onChange={onChange}
          />
        </div>
      )}
    </Field>
  );
}
