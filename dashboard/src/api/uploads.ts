/** Uploads of training data: what is no JSONL is stored as it is, so that it can be looked through. */

import { BadRequestError } from "openai";
import type { FileObject } from "openai/resources/files";
import { api } from "@/api/client";

/** A file that is refused as training data, but not as a file, becomes one that can be repaired. */
export async function uploadTraining(file: File): Promise<FileObject> {
  try {
    return await api().files.create({ file, purpose: "fine-tune" });
  } catch (error) {
    if (!(error instanceof BadRequestError) || file.size === 0) throw error;
    return api().files.create({ file, purpose: "user_data" });
  }
}
