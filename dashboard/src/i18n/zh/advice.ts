import type { AdviceValues } from "@/i18n/en/advice";
import type { Messages } from "@/i18n/messages";
import { filled } from "@/i18n/worded";
import templates from "@sentences/zh/advice.json";

type Code = keyof Messages["advice"]["words"];
type Says = (...values: AdviceValues[]) => string;

const PREFIX = "advice.";
// The commands read the same templates.
const words = Object.fromEntries(
  Object.entries(templates).map(([code, template]): [string, Says] => [
    code.slice(PREFIX.length),
    (...values) => filled(template, (name) => String(values[0]?.[name as keyof AdviceValues] ?? "")),
  ]),
) as Record<Code, Says>;

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
  words,
};
