import type { Messages } from "@/i18n/messages";

export const usage: Messages["usage"] = {
  about: "此项目的调用与训练用量，日期按 UTC 计。",
  csv: "下载 CSV",
  by: "分组",
  groupings: { day: "按天", model: "按模型", key: "按密钥" },
  heads: { day: "日期", model: "模型", key: "API 密钥" },
  from: "从",
  to: "到",
  requests: "请求数",
  prompt: "输入 token",
  completion: "输出 token",
  trained: "训练 token",
  jobs: "已结束的任务",
  daily: "每日 token",
  most: (tokens) => `单日最多 ${tokens}`,
  none: "这段时间没有用量",
  noneText: "请求在回答后几秒内出现，任务在结束后出现。",
  note: "请求从开始回答时计入。评测计入创建运行的那一天。",
  revoked: "已撤销的密钥",
  unkeyed: { batches: "批处理", evals: "评测", unknown: "早于密钥记录的任务" },
};
