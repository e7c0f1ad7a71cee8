import type { Messages } from "@/i18n/messages";

export const notices: Messages["notices"] = {
  label: "已结束的工作",
  kinds: { job: "任务", run: "评测运行", batch: "批处理", distillation: "蒸馏" },
  named: (kind, name) => `${kind} ${name}`,
  ended: (kind, name, status) => `${kind} ${name}：${status}`,
  choice: "工作结束时通知我",
  blocked: "浏览器阻止了此页面的通知，请在浏览器设置中允许。",
};
