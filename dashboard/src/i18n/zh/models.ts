import type { Messages } from "@/i18n/messages";

export const models: Messages["models"] = {
  about: "基础模型、由其微调的模型以及过程中的检查点。添加基础模型：",
  name: "名称",
  owner: "所有者",
  created: "创建时间",
  tryIt: "试用",
  deleteTitle: "停止提供此模型？",
  deleteText: "生成它的任务会保留，但模型无法恢复。",
};

export const keys: Messages["keys"] = {
  about: "持有密钥的人可以操作此项目中的一切。",
  create: "新建密钥",
  name: "名称",
  nameHint: "密钥的用途，例如使用它的程序。",
  key: "密钥",
  created: "创建时间",
  current: "当前标签页",
  revoke: "吊销",
  revokeTitle: "吊销此密钥？",
  revokeText: (name) => `使用“${name}”的程序会立即停止工作。`,
  newTitle: "您的新密钥",
  newText: "请立即复制：密钥只显示这一次，不会保存在任何地方。",
  none: "没有密钥",
};
