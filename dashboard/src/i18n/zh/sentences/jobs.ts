/** What happens to a job, from its creation to its end. */

import type { SentenceCode } from "@/i18n/sentences";

export const jobs = {
  "job.created": "已创建微调任务：{job}",
  "job.validating": "正在校验训练文件：{training}",
  "job.validating_both": "正在校验训练文件 {training} 和验证文件 {validation}",
  "job.validated": "文件校验通过，任务进入排队",
  "job.started": "微调任务已开始",
  "job.succeeded": "任务已成功完成",
  "job.cancelled": "任务已取消",
  "job.paused": "任务已暂停",
  "job.resumed": "任务已恢复",
  "job.checkpoint": "第 {step} 步已创建检查点，快照 ID：{model}",
  "job.model": "已生成微调模型：{model}",
  "job.given_up": "连续 {attempts} 次尝试都提前结束且没有更多进展，任务已放弃。",
  "job.model_changed": "任务运行期间 {base} 的分词器或聊天模板发生了变化，请重新创建任务。",
  "job.prints_date": "聊天模板会写入日期。样本以 {day} 训练；除非 understudy.toml 中的 template_date 另有规定，微调模型也以该日期提问。",
  "job.disk_full": "服务器磁盘已满。一旦有空间，任务会从最后一个检查点继续。",
  "job.hung": "训练进程停止响应，服务器已将其替换；任务从最后保存的状态继续。",
  "job.listener": "{name} 不再接收此任务的步骤：{why}",
  "job.damaged": "第 {step} 步保存的内容在服务器磁盘上已损坏，因此任务{what}。",
  "job.damaged.begins": "从头开始",
  "job.damaged.continues": "从第 {step} 步继续",
  "job.base_unusable": "基础模型 {base} 无法训练：{why}",
  "job.memory":
    "服务器内存放不下此任务：除模型外大约需要 {needed}，而可用内存为 {free}。其中 {training} 用于 {weights} 个训练权重的梯度和优化器，其余用于最长的样本（{longest} 个 token）。可行的办法：{advice}。",
  "job.memory.shorter": "使用更短的样本，或内存更大的机器",
  "job.memory.lora": '改用 LoRA（在 understudy.toml 中为此基础模型设置 training = "lora"），{advice}',
  "job.memory.second_try": "服务器内存不足。任务从最后一个检查点继续，每次计算更少的内容：速度较慢，其他不变。",
  "job.memory.twice": "服务器两次内存不足，第二次同时最多只计算 {tokens} 个 token。请使用更短的样本、更小的基础模型，或在训练全部权重时改用 LoRA。",
  "job.screening.not_run": "未运行安全检查：{why}。训练文件未经筛查。",
  "job.screening.no_moderator": "没有配置审核模型",
  "job.screening.off": "understudy.toml 中关闭了筛查",
  "job.screening.unjudged": "{lines} 行无法判断",
  "job.screening.incomplete": "训练文件的安全检查不完整：{why}。未判断的部分没有经过筛查。",
  "job.screening.found": "{moderator} 筛查了训练文件的 {lines} 行并标记了一些：{counts}。被标记的行：{flagged}。`understudy jobs screening {job}` 可列出它们。",
  "job.screening.clean": "{moderator} 筛查了训练文件的 {lines} 行，除已标为无害的以外没有标记任何行。",
  "job.screening.missing": "它无法判断：{categories}。",
  "job.screening.blocked":
    "训练文件不安全，任务失败。我们的审核模型（{moderator}）在下列类别中标记了过多样本，因此文件被阻止：{categories}。被标记的行：{lines}。`understudy jobs screening {job}` 可列出它们；请把无害的标记出来后继续任务，或从文件中删除其他的。",
  "job.screening.required": "任务失败：训练文件未经筛查，而 understudy.toml 中的 require_screening 要求筛查：{why}。",
} satisfies Partial<Record<SentenceCode, string>>;
