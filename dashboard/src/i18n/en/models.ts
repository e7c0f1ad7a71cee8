export const models = {
  about: "Base models, fine-tuned models and checkpoints. To add a base model, run",
  name: "Name",
  owner: "Owner",
  created: "Created",
  tryIt: "Try",
  deleteTitle: "Delete this model?",
  deleteText: "The server stops serving the model, and it cannot be restored. Its job stays.",
  export: {
    open: "Export",
    about: "Every export is loaded again and compared with the served model before it can be downloaded.",
    peft: "PEFT adapter",
    merged: "Merged model",
    curl: "Copy as curl",
  },
};

export const keys = {
  about: "An API key gives full access to this project.",
  create: "Create API key",
  name: "Name",
  nameHint: "What the key is for, for example the program that uses it.",
  key: "Key",
  created: "Created",
  current: "this tab",
  revoke: "Revoke",
  revokeTitle: "Revoke this API key?",
  revokeText: (name: string) => `Programs that use “${name}” lose access immediately.`,
  newTitle: "Your new API key",
  newText: "Copy the key now. You cannot see it again.",
  none: "No API keys",
};
