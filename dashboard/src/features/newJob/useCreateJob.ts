/** Creates the job of a draft; splits the training file first when the draft asks for it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { useState } from "react";
import { api } from "@/api/client";
import { x } from "@/api/x";
import { useMessages } from "@/i18n";
import { type Draft, requestOf, splitOf } from "./draft";

/** `onCreated` is called before the page is left. */
export function useCreateJob(draft: Draft, onCreated: () => void) {
  const words = useMessages().jobs.form;
  const cache = useQueryClient();
  const navigate = useNavigate();
  // A form that is sent again, after the server refused the job, must not split the file again.
  const [form] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  return useMutation({
    mutationFn: async (): Promise<FineTuningJob> => {
      const request = requestOf(draft);
      if (request === null) throw new Error(words.needsTraining);
      const split = splitOf(draft);
      if (split === null) return api().fineTuning.jobs.create(request);
      const made = await x.splitFile(request.training_file, split, `${form} ${JSON.stringify(split)}`);
      void cache.invalidateQueries({ queryKey: ["files", "list"] });
      return api().fineTuning.jobs.create({
        ...request,
        training_file: made.training_file.id,
        validation_file: made.validation_file.id,
      });
    },
    onSuccess: async (job) => {
      onCreated();
      await cache.invalidateQueries({ queryKey: ["jobs"] });
      await navigate({ to: "/fine-tuning/$jobId", params: { jobId: job.id } });
    },
  });
}
