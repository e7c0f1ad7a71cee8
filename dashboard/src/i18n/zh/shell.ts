/** What stands around the pages: the palette, what has ended, the projects. */

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

export const notices: Messages["notices"] = {
  label: "已结束的工作",
  kinds: { job: "任务", run: "评测运行", batch: "批处理", distillation: "蒸馏" },
  named: (kind, name) => `${kind} ${name}`,
  ended: (kind, name, status) => `${kind} ${name}：${status}`,
  choice: "工作结束时通知我",
  blocked: "浏览器阻止了此页面的通知，请在浏览器设置中允许。",
};

export const projects: Messages["projects"] = {
  project: "项目",
  add: "添加项目",
  addAbout: "一个密钥对应一个项目，保留在此标签页中，直到退出登录。",
  open: "打开项目",
};
