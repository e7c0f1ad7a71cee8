/** Says that a model is held wherever its name stands, with the way to the reason. */

import { useQuery } from "@tanstack/react-query";
import { Mark } from "@/components/display/Status";
import { useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { checkQuery, SAFETY_PLACE } from "./queries";

export function HeldMark({ model }: { model: string }) {
  const words = useMessages().safety;
  const say = useWorded();
  const found = useQuery(checkQuery(model));
  if (found.data?.held_because == null) return null;
  return (
    <a href={`#${SAFETY_PLACE}`} title={words.heldBecause(say(found.data.held_because, found.data.held_wording))}>
      <Mark kind="bad">{words.held}</Mark>
    </a>
  );
}
