import type { Messages } from "@/i18n/messages";

export const palette: Messages["palette"] = {
  button: "搜索或跳转…",
  title: "搜索、页面和操作",
  placeholder: "页面、操作、名称或 ID",
  results: "结果",
  actions: "操作",
  pages: "页面",
  upload: "上传文件",
  batch: "开始批处理",
  open: (id) => `打开 ${id}`,
  kinds: {
    jobs: "微调任务",
    models: "模型",
    files: "文件",
    evals: "评测",
    logs: "日志",
  },
  searching: "搜索中…",
  nothing: "没有找到",
  failed: "服务器无法搜索，页面和操作仍可使用。",
  count: (n) => `${n} 个结果`,
};
