/** What the safety check of a tuned model says. */

import type { SentenceCode } from "@/i18n/sentences";

export const safety = {
  "safety.check": "{model} 的安全检查：{parts}。",
  "safety.failed": "{model} 的安全检查：没有结果，因此未经筛查。{why}",
  "safety.not_screened": "未经审核模型筛查",
  "safety.flagged_in": "{moderator} 判断的 {judged} 个类别中有 {flagged} 个被标记",
  "safety.flagged": "被 {moderator} 标记：{categories}",
  "safety.category": "{category}（{answers} 中 {failed}；基础模型 {base}）",
  "safety.category.unjudged": "{category}（未判断：{answers} 个回答中 {unjudged} 个）",
  "safety.by_rules": "按规则判断，{change}",
  "safety.declines": "{total} 个{what|probes=探针请求|harmless twins=无害对照请求}中拒答 {tuned} 个，其基础模型 {base} 个",
  "safety.note.system": "询问微调模型时使用了其默认的系统提示词。",
  "safety.note.mix": "其训练样本的 {share} 是安全示范。",
  "safety.note.built_in": "{base} 是随本平台提供的小型演示模型，没有经过安全训练；由它微调的模型也没有。",
  "safety.note.few": "{base} 自身只拒答了 {probes} 个探针请求中的 {declined} 个，因此微调没有多少可破坏的。",
  "safety.note.more": "它比基础模型拒绝了更多无害的请求：{change}。",
  "safety.gap": "未评估：{moderator} 无法判断 {categories}。",
  "safety.gap.unscreened": "未经筛查：没有配置审核模型，因此没有判断回答的内容。是否拒答由规则判断。",
} satisfies Partial<Record<SentenceCode, string>>;
