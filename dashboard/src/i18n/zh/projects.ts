import type { Messages } from "@/i18n/messages";

export const projects: Messages["projects"] = {
  project: "项目",
  add: "添加项目",
  addAbout: "一个密钥对应一个项目，保留在此标签页中，直到退出登录。",
  open: "打开项目",
};
