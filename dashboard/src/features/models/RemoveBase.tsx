/** Removes a base that nothing uses; what uses it is named instead. */

import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { modelsQuery } from "@/api/queries";
import { type AddedBase, x } from "@/api/x";
import { IconButton } from "@/components/controls/Button";
import { Confirm } from "@/components/layout/Confirm";
import { useMessages } from "@/i18n";
import { basesQuery } from "./queries";

export function RemoveBase({ base }: { base: AddedBase }) {
  const words = useMessages().bases;
  const cache = useQueryClient();
  const isUsed = base.used_by.length > 0;
  const label = isUsed ? words.usedBy(base.name, base.used_by.slice(0, 3).join(", ")) : `${words.remove}: ${base.name}`;
  return (
    <Confirm
      title={words.removeTitle}
      about={`${base.name}. ${words.removeText}`}
      action={words.remove}
      onConfirm={async () => {
        await x.removeBase(base.name);
        await cache.invalidateQueries({ queryKey: basesQuery.queryKey });
        await cache.invalidateQueries({ queryKey: modelsQuery.queryKey });
      }}
      trigger={(open) => (
        <IconButton size="small" label={label} disabled={isUsed} onClick={open}>
          <Trash2 />
        </IconButton>
      )}
    />
  );
}
