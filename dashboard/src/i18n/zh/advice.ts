import type { Messages } from "@/i18n/messages";

export const advice: Messages["advice"] = {
  severities: { must_mend: "必须修正", look_at: "请检查", for_information: "提示" },
  lines: "行",
  validationLines: "验证文件的行",
  groups: "各组的行",
  more: (n) => `另有 ${n} 处`,
  kinds: {
    "email address": "电子邮箱",
    "phone number": "电话号码",
    "payment card number": "银行卡号",
    "bank account number (IBAN)": "银行账号（IBAN）",
    "Chinese identity number": "身份证号",
    "US social security number": "美国社会安全号码",
    "IP address": "IP 地址",
    "private key": "私钥",
    "API key": "API 密钥",
    "web token (JWT)": "网络令牌（JWT）",
    password: "密码",
  },
  words: {
    too_few_examples: (v) => `任务至少需要 ${v.needed} 个样本，此文件只有 ${v.count} 个可用。`,
    start_with_fifty: (v) => `建议先准备 ${v.good_start} 个高质量样本：质量比数量更重要。`,
    measure_more_data: () => "想知道更多数据能带来多少提升，可分别用一半和全部数据训练：数据翻倍后的提升大致相同。",
    split_examples: (v) =>
      `${v.count} 个样本在对话继续时会被聊天模板改写，将拆分为 ${v.rows} 行，每个要学习的回答一行。保留先前轮次的模板会少用一些 token。`,
    cut_examples: (v) =>
      `${v.count} 个样本超过 ${v.context_length} 个 token 的上下文长度，末尾将被截断，损失 ${v.trained_tokens} 个训练 token。请缩短或拆分。`,
    nothing_to_learn: (v) => `${v.count} 个样本在上下文长度内没有可学习的内容，将被跳过。请缩短回答之前的部分。`,
    empty_answers: (v) => `${v.count} 个样本的回答既无文字也无工具调用，模型会学成什么都不说。请补写回答或删除这些行。`,
    empty_questions: (v) => `${v.count} 个样本的用户消息为空。请写出用户的问题，或删除这些行。`,
    no_user_turn: (v) => `${v.count} 个样本没有用户消息。请把问题放入 role 为 user 的消息。`,
    label_conflicts: (v) => `${v.groups} 个问题有互相矛盾的标签，共 ${v.count} 行。请确定哪个标签正确。`,
    same_prompt: (v) => `${v.groups} 个提示词有不同的回答，共 ${v.count} 行。请确认这是有意为之，否则模型只能猜测。`,
    label_spellings: (v) => `${v.labels} 个标签有多种写法，例如 ${v.examples}，模型会把它们都学会。请统一写法。`,
    label_imbalance: (v) => `${v.percent}% 的回答是同一个标签 ${v.label}。请按实际使用中的比例补充其他标签的样本。`,
    exact_duplicates: (v) => `${v.repeated} 个样本与其他样本完全相同，模型会死记硬背。请各保留一个。`,
    near_duplicates: (v) => `${v.repeated} 个样本与其他样本近似，共 ${v.groups} 组。请每组保留最好的一个，或改写得更不一样。`,
    broken_json: (v) =>
      `其他回答都是 JSON，而 ${v.count} 个样本的回答不是有效的 JSON。请修正：使用双引号，去掉多余的逗号，前后不要有其他文字。`,
    written_calls: (v) => `${v.count} 个样本把工具调用写成了文字。请移入 tool_calls 并声明工具，否则客户端无法识别为调用。`,
    placeholders: (v) => `${v.count} 个样本的回答含有未填写的占位符，例如 TODO 或 [姓名]。请填写或删除这些行。`,
    mojibake: (v) => `${v.count} 个样本含有编码错误的乱码（如“您的”变成“鎮ㄧ殑”）。请以 UTF-8 重新导出数据。`,
    cut_answers: (v) => `${v.count} 个样本的回答在句子中间结束，模型会学着在那里停下。请补全或删除这些行。`,
    refusals: (v) => `${v.percent}% 的回答拒绝了请求，模型也会以差不多的比例拒答。请删除本应回答的样本。`,
    undeclared_tools: (v) => `${v.count} 个样本调用了未声明的工具。请在每个样本中声明所调用的工具。`,
    schema_breaks: (v) => `${v.count} 个样本的调用参数不符合工具的 schema。请修正参数或 schema。`,
    unheld_calls: (v) =>
      `${v.count} 个样本的调用无法由受约束解码（tool_choice、strict 工具）生成。请按 schema 的键及其顺序书写参数。`,
    described_answers: (v) =>
      `${v.count} 个样本调用工具时的参数值，正是该行工具描述中举的例子（${v.parameter}：${v.value}），模型可能学会照抄描述而不看问题。请在每一行使用相同的工具描述。`,
    special_tokens: (v) =>
      `${v.count} 个样本的文本含有模型的特殊 token，它们会被当作普通文字学习。如果数据已套用聊天模板，请改用普通消息。`,
    mixed_system_prompts: (v) => `${v.count} 个样本没有系统提示词，而其他样本有。请使用实际部署时的提示词训练。`,
    secret: (v) => `${v.count} 个样本疑似含有机密信息（${v.kind}），模型可能会复述学到的内容。请删除，并更换正在使用的密钥。`,
    personal_data: (v) => `${v.count} 个样本疑似含有个人信息（${v.kind}），模型可能会复述学到的内容。请删除或替换。`,
    same_answer_twice: (v) => `${v.count} 对样本的两个回答相同，学不到任何东西。请删除。`,
    longer_preferred: (v) => `${v.percent}% 的优选回答更长，无论是否更好，模型都会学着写得更长。`,
    needs_validation: () => "强化任务需要验证文件（最多 1,000 条其他提示）：进展由其奖励衡量。",
    no_graded_values: () => '除对话外，各行没有任何可供评分器使用的内容。若评分器要与答案比较，请在每一行加入答案，例如 "answer": "42"，并以 item.answer 引用。',
    missing_graded_value: (v) =>
      `${v.count} 行缺少其他行具有的键 ${v.name}：评分器引用 item.${v.name} 的任务会失败。请补上，或确保没有评分器引用它。`,
    no_validation_file: () => "请提供包含其他样本的验证文件，以便看出模型何时不再提升。",
    validation_repeats: (v) => `${v.count} 个验证样本也在训练文件中，验证损失会显得比模型实际更好。请从其中一个文件删除。`,
    validation_nearly_repeats: (v) =>
      `${v.count} 个验证样本与训练样本近似，验证损失会显得比模型实际更好。自动划分会把这类样本放在一起。`,
    validation_other_answers: (v) => `${v.count} 个验证样本的问题在训练文件中有不同的回答，两者必有一错。`,
    validation_absent_labels: (v) => `${v.count} 个验证样本的标签从未出现在训练样本中。请补充带有该标签的训练样本。`,
    validation_label_spellings: (v) => `${v.count} 个验证样本的标签写法与训练文件不同。请统一写法。`,
  },
};
