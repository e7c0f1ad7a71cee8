/** What pages ask about the safety of one model. */

import { queryOptions } from "@tanstack/react-query";
import { isNotFound } from "@/api/client";
import { type ModelCheck, x } from "@/api/x";

const LIVE_MS = 2000;

/** Where on a job's page the check stands. */
export const SAFETY_PLACE = "safety-check";

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
  const isDue = check.enforcement !== "none" || check.requires_screening;
  return check.status === "queued" || (check.status === "not_checked" && isDue);
}

export const cardQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "card"],
    queryFn: ({ signal }) => x.modelCard(model, signal),
  });
