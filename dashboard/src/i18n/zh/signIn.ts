import type { Messages } from "@/i18n/messages";

export const signIn: Messages["signIn"] = {
  title: "登录",
  about: "在自己的机器上微调小模型，并看着它们学习。",
  key: "API 密钥",
  kept: "仅在此标签页中保存。",
  wrongKey: "服务器不认识该密钥。",
  enter: "登录",
  trying: "正在登录…",
  where: "服务器首次启动时会显示一个密钥。如需新建密钥，请运行",
};
