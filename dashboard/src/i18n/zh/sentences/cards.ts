/** What a report card says. */

import type { SentenceCode } from "@/i18n/sentences";

export const cards = {
  "card.examples": "{of} 个留出样本的报告卡：{parts}",
  "card.pairs": "{of} 对留出样本的报告卡：{parts}",
  "card.part": "{whole} 中 {part}",
  "card.change": "训练前 {total} 中 {before}，训练后 {after}",
  "card.loss": "验证损失训练前 {before}，训练后 {after}",
  "card.accuracy": "token 准确率训练前 {before}，训练后 {after}",
  "card.exact": "完全一致的回答：{change}",
  "card.json": "有效的 JSON：{change}",
  "card.calls": "一致的工具调用：{change}",
  "card.labels": "{labels} 个标签的准确率 {accuracy}%；校准误差在使用温度 {temperature} 前后为 {before} 和 {after}",
  "card.unanswered": "{count} 个被跳过，因为其中一个模型无法作答",
  "card.ungraded": "{count} 个被跳过，因为评分器无法评分",
  "card.none": "没有报告卡：{why}",
  "card.given_up": "多次尝试后放弃了报告卡；原因见 runner 的日志。",
  "card.verdict": "{verdict}（{counts}）",
  "card.better": "微调模型的回答更好",
  "card.worse": "微调模型的回答更差",
  "card.cannot_tell": "无法判断谁的回答更好",
  "card.win_rate": "{wins} 胜 {losses} 负 {ties} 平，胜率 {rate}，95% 区间 {low} 至 {high}，p {p}",
  "card.nothing_compared": "没有可比较的回答",
  "card.passing": "通过“{grader}”：",
  "card.closer": "用词更接近优选回答：",
  "card.reward_accuracy": "训练的奖励准确率 {accuracy}",
} satisfies Partial<Record<SentenceCode, string>>;
