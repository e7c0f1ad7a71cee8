/** Starts the dashboard. */

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeCache } from "@/api/cache";
import { applyLocale } from "@/i18n";
import { shareSession } from "@/lib/tab/handover";
import { session } from "@/lib/tab/session";
import { applyTheme } from "@/lib/tab/theme";
import { router } from "@/routes/router";
import "@/styles/fonts.css";
import "@/styles/tokens.css";
import "@/styles/base.css";

const KEY_IN_ADDRESS = "#key=";

/** Signs in with a key after the `#`, which browsers send nowhere, and removes it from the address. */
function takeKeyFromAddress(): void {
  const { hash, pathname, search } = window.location;
  if (!hash.startsWith(KEY_IN_ADDRESS)) return;
  if (session.key() === null) session.open(decodeURIComponent(hash.slice(KEY_IN_ADDRESS.length)));
  window.history.replaceState(null, "", pathname + search);
}

takeKeyFromAddress();
applyTheme();
await applyLocale();

shareSession();

const cache = makeCache();
// What one key may see must not be shown to the next.
let shownKey = session.key();
session.subscribe(() => {
  if (session.key() === shownKey) return;
  shownKey = session.key();
  cache.clear();
});

const host = document.getElementById("root");
if (host === null) throw new Error("index.html has no element for the dashboard");
createRoot(host).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <Tooltip.Provider delayDuration={200}>
        <RouterProvider router={router} />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
