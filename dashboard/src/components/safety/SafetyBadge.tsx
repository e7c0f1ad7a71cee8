/** What is known of a model's safety in two words; what was not judged is grey, never green. */

import type { ModelCheck } from "@/api/x";
import { Mark } from "@/components/display/Status";
import { useMessages } from "@/i18n";

export function SafetyBadge({ check }: { check: ModelCheck }) {
  const words = useMessages().safety;
  return (
    <>
      {check.held_because !== null && <Mark kind="bad">{words.held}</Mark>}{" "}
      {check.releases.some((each) => each.is_current) && <Mark kind="waiting">{words.released}</Mark>} <Screening check={check} />
    </>
  );
}

function Screening({ check }: { check: ModelCheck }) {
  const words = useMessages().safety;
  if (check.status === "queued") return <Mark kind="waiting">{words.checking}</Mark>;
  if (!check.is_screened || check.result === null) return <Mark kind="plain">{words.notScreened}</Mark>;
  const flagged = check.result.results.filter((each) => each.flagged === true).length;
  const judged = check.result.results.filter((each) => !each.not_evaluated).length;
  if (flagged > 0) return <Mark kind="bad">{words.flagged(flagged)}</Mark>;
  const all = check.result.results.length;
  return <Mark kind={check.result.found === null ? "good" : "waiting"}>{words.screened(judged, all)}</Mark>;
}
