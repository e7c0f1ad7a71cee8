import type { Messages } from "@/i18n/messages";

export const signIn: Messages["signIn"] = {
  title: "登录",
  about: "在自己的机器上微调和评测小模型。",
  key: "API 密钥",
  keyHint: "仅保存在此浏览器标签页中。",
  wrongKey: "API 密钥无效，请检查后重试。",
  submit: "登录",
  submitting: "正在登录…",
  help: "服务器首次启动时会显示 API 密钥。如需创建新密钥，请运行",
};
