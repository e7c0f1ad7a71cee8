// Answers prompts greedily with llama.cpp, to be compared with what Understudy serves.
//
//   npm install --no-save --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
//   node llama_cpp.mjs model.gguf < prompts.jsonl > answers.jsonl
//
// A prompt is {"text": …, "max_tokens": …}; an answer {"prompt_ids": […], "ids": […], "text": …}.
import { createInterface } from "node:readline";
import { getLlama } from "node-llama-cpp";

// One thread: several wait for each other in loops, which a busy machine makes minutes of.
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({ contextSize: 1024 });

for await (const line of createInterface({ input: process.stdin })) {
  const { text, max_tokens } = JSON.parse(line);
  const sequence = context.getSequence();
  const prompt = model.tokenize(text, true);
  const ids = [];
  for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
    if (model.isEogToken(token) || ids.length === max_tokens) break;
    ids.push(token);
  }
  const answer = model.detokenize(ids);
  console.log(JSON.stringify({ prompt_ids: Array.from(prompt), ids, text: answer }));
  sequence.dispose();
}
process.exit(0);
