export const signIn = {
  title: "Sign in",
  about: "Fine-tune small models on your own machine, and see them learn.",
  key: "API key",
  kept: "Kept for this tab only.",
  wrongKey: "This server does not know that key.",
  enter: "Sign in",
  trying: "Signing in …",
  where: "The server printed a key at its first start. To make another one, run",
};
