/** How runs are to be compared: from which change on, with which clusters, and on which items. */

import { type ReactNode, useState } from "react";
import type { CompareWish } from "@/api/x";
import { Switch, TextField } from "@/components/controls/Field";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { itemFields, type Eval } from "./queries";

const MARGIN = 0.05;
const FIELDS = "fields-of-items";

export function CompareForm({
  owner,
  wish,
  onWish,
  children,
}: {
  owner: Eval | undefined;
  wish: CompareWish;
  onWish: (wish: CompareWish) => void;
  /** More switches, beside the one for the common part. */
  children?: ReactNode;
}) {
  const words = useMessages().evals;
  const shown = pointsOf(wish.margin ?? MARGIN);
  const [margin, setMargin] = useState(shown);
  const [cluster, setCluster] = useState(wish.cluster ?? "");
  const wanted = marginOf(margin);
  const commit = () => {
    if (wanted === null) return;
    onWish({ ...wish, margin: wanted === MARGIN ? undefined : wanted, cluster: cluster.trim() || undefined });
  };
  return (
    <Card title={words.howToCompare}>
      <form
        className={layout.stack}
        onSubmit={(event) => {
          event.preventDefault();
          commit();
        }}
      >
        <div className={layout.halves}>
          <TextField
            label={words.margin}
            hint={words.marginHint}
            error={wanted === null ? words.badMargin : null}
            inputMode="decimal"
            value={margin}
            onChange={(event) => setMargin(event.target.value)}
            onBlur={commit}
          />
          <TextField
            label={words.cluster}
            hint={words.clusterHint}
            isOptional
            isCode
            list={FIELDS}
            placeholder="item.document"
            value={cluster}
            onChange={(event) => setCluster(event.target.value)}
            onBlur={commit}
          />
          <datalist id={FIELDS}>
            {(owner ? itemFields(owner) : []).map((field) => (
              <option key={field} value={`item.${field}`} />
            ))}
          </datalist>
        </div>
        <div className={layout.row}>
          <Switch
            label={words.onlyCommon}
            isOn={wish.common === true}
            onChange={(isOn) => onWish({ ...wish, common: isOn || undefined })}
          />
          {children}
        </div>
        {/* Enter in a field applies it, which a form without a button does only with one field. */}
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Card>
  );
}

function pointsOf(share: number): string {
  return String(Number((share * 100).toFixed(6)));
}

/** The share that so many points are; null where they are no margin. */
export function marginOf(points: string): number | null {
  const read = Number(points.trim().replace(",", "."));
  return points.trim() !== "" && read > 0 && read < 100 ? Number((read / 100).toFixed(8)) : null;
}
