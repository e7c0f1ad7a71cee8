/** How a run was planned: its hyperparameters with their reasons, and how it is computed. */

import type { SentenceCode } from "@/i18n/sentences";

export const reasons = {
  "job.auto": "{name}={value}（“auto”：{why}）",
  "job.requested": "{name}={value}（按要求）",
  "job.hyperparameters": "超参数：{chosen}；共 {steps} 步，峰值学习率 {rate}，种子 {seed}；训练对象：{tuning}",
  "job.hyperparameters.reward":
    "超参数：{chosen}；共 {steps} 步，每步 {prompts} 条提示、每条 {group} 个回答，峰值学习率 {rate}，种子 {seed}；训练对象：{tuning}",
  "job.why.batch": "{examples} 个样本对应 {steps} 步",
  "job.why.effort": "由 reasoning_effort 决定，不超出模型的上下文",
  "job.why.epochs": "{examples} 个样本的通常轮数 {usual}",
  "job.why.fewer_epochs": "少于 {usual}，因为 {examples} 个样本较多",
  "job.why.more_epochs": "多于 {usual}，因为 {examples} 个样本较少",
  "job.why.fewest": "最小值",
  "job.why.fiftieth": "{prompts} 条提示的五十分之一，在 {least} 到 {most} 之间",
  "job.why.rate": "通常的学习率",
  "job.why.rate_root": "批大小的平方根，最大 {most}",
  "job.why.reward_rate": "奖励训练通常的学习率",
  "job.why.steps": "使总步数为 {steps}",
  "job.why.usual": "通常的值",
  "job.why.validations": "共 {validations} 次验证，或每步一次",
  "job.tuning.full": "全部权重",
  "job.tuning.all_layers": "所有线性层",
  "job.tuning.lora": "LoRA，秩 {rank}，alpha {alpha}，作用于{layers}",
  "job.packed": "样本已打包训练，并在此基础模型上核对过：{measured}",
  "job.measured": "float32 的 logits 相差最大值的 {difference}；对数概率相差 {gap} nat，通常为 {own}",
  "job.padded": "样本采用填充而非打包，原因：{why}。速度较慢，结果同样正确",
  "job.recomputes": "内存紧张，因此反向传播时重新计算各层：速度较慢，结果同样正确",
  "job.lora.experts": "LoRA 也训练 {names}，为每层的 {count} 个专家各有一份更新；可用 understudy.toml 中的 lora_targets 选择其他层。",
  "job.lora.left_out": 'LoRA 训练 {trained}，不训练 {left_out}：它们不是线性层，占模型权重的 {share}；training = "full" 会训练全部权重。',
  "job.effort_ignored": "已忽略 reasoning_effort={effort}：understudy.toml 中的别名 {alias} 如此规定，其基础模型没有这项设置",
} satisfies Partial<Record<SentenceCode, string>>;
