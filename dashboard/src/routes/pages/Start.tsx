/** The page of the first steps. */

import { StartPage } from "@/features/start/StartPage";

export function StartRoutePage() {
  return <StartPage />;
}
