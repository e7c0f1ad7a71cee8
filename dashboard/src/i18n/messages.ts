/** What a catalogue is: texts and functions that make texts, the same ones in every language. */

import { en } from "@/i18n/en";

type Widened<Value> = Value extends (...values: infer Values) => string
  ? (...values: Values) => string
  : Value extends string
    ? string
    : { readonly [Key in keyof Value]: Widened<Value[Key]> };

export type Messages = Widened<typeof en>;
