import type { Messages } from "@/i18n/messages";

export const models: Messages["models"] = {
  about: "基础模型、微调模型和检查点。如需添加基础模型，请运行",
  name: "名称",
  owner: "所有者",
  created: "创建时间",
  tryIt: "试用",
  deleteTitle: "删除此模型？",
  deleteText: "服务器将停止提供此模型，且无法恢复。对应的任务会保留。",
  export: {
    open: "导出",
    about: "每次导出都会重新加载，并与正在服务的模型进行比较，通过后才能下载。",
    peft: "PEFT 适配器",
    merged: "合并后的模型",
    curl: "复制 curl 命令",
  },
};

export const keys: Messages["keys"] = {
  about: "API 密钥拥有此项目的全部权限。",
  create: "创建 API 密钥",
  name: "名称",
  nameHint: "密钥的用途，例如使用它的程序。",
  key: "密钥",
  created: "创建时间",
  current: "当前标签页",
  revoke: "吊销",
  revokeTitle: "吊销此 API 密钥？",
  revokeText: (name) => `使用“${name}”的程序将立即失去访问权限。`,
  newTitle: "您的新 API 密钥",
  newText: "请立即复制密钥，之后无法再次查看。",
  none: "没有 API 密钥",
};
