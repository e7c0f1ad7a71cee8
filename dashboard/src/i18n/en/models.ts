export const models = {
  about: "Base models, what was tuned from them, and checkpoints on the way. Add a base with",
  name: "Name",
  owner: "Owner",
  created: "Created",
  tryIt: "Try",
  deleteTitle: "End the serving of this model?",
  deleteText: "The job that made it stays, but the model cannot be brought back.",
};

export const keys = {
  about: "Whoever has a key can do everything in this project.",
  create: "Create a key",
  name: "Name",
  nameHint: "What the key is for, such as the program that uses it.",
  key: "Key",
  created: "Created",
  current: "this tab",
  revoke: "Revoke",
  revokeTitle: "Revoke this key?",
  revokeText: (name: string) => `Programs that use “${name}” stop working at once.`,
  newTitle: "Your new key",
  newText: "Copy it now: it is shown only this once and kept nowhere.",
  none: "No keys",
};
