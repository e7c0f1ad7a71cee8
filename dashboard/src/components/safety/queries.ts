/** What pages ask about the safety of one model. */

import { queryOptions } from "@tanstack/react-query";
import { isNotFound } from "@/api/client";
import { type ModelCheck, x } from "@/api/x";

const LIVE_MS = 2000;

/** Null for a model that was deleted. */
export const checkQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "check"],
    queryFn: async ({ signal }): Promise<ModelCheck | null> => {
      try {
        return await x.modelCheck(model, signal);
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (isMoving(state.data) ? LIVE_MS : false),
  });

/** A model that is to be checked by itself is so within seconds of its job's end. */
function isMoving(check: ModelCheck | null | undefined): boolean {
  if (check == null) return false;
  return check.status === "queued" || (check.status === "not_checked" && check.enforcement !== "none");
}

export const cardQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "card"],
    queryFn: ({ signal }) => x.modelCard(model, signal),
  });
