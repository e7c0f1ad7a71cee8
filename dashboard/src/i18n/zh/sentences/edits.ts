/** Why lines of a file cannot be changed as wished. */

import type { SentenceCode } from "@/i18n/sentences";

export const edits = {
  "api.edit.both": "第 {line} 行既要替换又要删除；请只选其一。",
  "api.edit.line_break": "第 {line} 行的新文本含有换行；一个样本是一行 JSON。",
  "api.edit.no_line": "没有第 {line} 行：文件共有 {count} 行。",
  "api.edit.nothing": "没有任何改动；请给出 replace、remove 或 append。",
  "api.edit.purpose": "{file} 的用途是“{purpose}”；只能编辑用途为“fine-tune”或“user_data”的文件。",
  "api.edit.too_large": "{file} 有 {size} MB，而这里最多编辑 {limit} MB 的文件。请在你的电脑上修改，用“understudy check”检查，然后重新上传。",
  "api.edit.twice": "第 {line} 行被替换了两次。",
} satisfies Partial<Record<SentenceCode, string>>;
