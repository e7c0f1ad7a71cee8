export const signIn = {
  title: "Sign in",
  about: "Fine-tune and evaluate small models on your own machine.",
  key: "API key",
  keyHint: "Stored in this browser tab only.",
  wrongKey: "Invalid API key. Check it and try again.",
  submit: "Sign in",
  submitting: "Signing in …",
  help: "The server printed an API key at its first start. To create another, run",
};
