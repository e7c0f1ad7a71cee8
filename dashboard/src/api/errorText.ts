/** What the server says is wrong, in the language of the page. */

import { messageOf, wordingOf } from "@/api/client";
import { useWorded } from "@/i18n/sentences";

export function useErrorText(): (error: unknown) => string {
  const say = useWorded();
  return (error) => say(messageOf(error), wordingOf(error));
}
