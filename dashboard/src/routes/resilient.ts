/** Pages that were not loaded yet, while the server is away or has been upgraded under the open tab. */

import { serverAnswers } from "@/api/client";

const RETRY_MS = 2000;
const RELOADED_AT = "understudy.reloadedAt";
/** A page that fails again this soon after a reload is broken in another way. */
const RELOAD_AGAIN_MS = 30_000;

/** Loads a page's code once the server answers; a server that has it no more makes the tab load anew. */
export function resilient<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return async () => {
    try {
      return await load();
    } catch {
      while (!(await serverAnswers())) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return load().catch((error: unknown) => {
        if (!mayReload()) throw error;
        sessionStorage.setItem(RELOADED_AT, String(Date.now()));
        window.location.reload();
        // Nothing more is shown of this document.
        return new Promise<Module>(() => undefined);
      });
    }
  };
}

function mayReload(): boolean {
  return Date.now() - Number(sessionStorage.getItem(RELOADED_AT) ?? 0) > RELOAD_AGAIN_MS;
}
