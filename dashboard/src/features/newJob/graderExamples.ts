/** A grader of each type that can reward, to begin with; lines hold the right answer as `answer`. */

export const GRADERS = {
  string_check: {
    type: "string_check",
    name: "exact",
    input: "{{ sample.output_text }}",
    reference: "{{ item.answer }}",
    operation: "eq",
  },
  text_similarity: {
    type: "text_similarity",
    name: "similar",
    input: "{{ sample.output_text }}",
    reference: "{{ item.answer }}",
    evaluation_metric: "rouge_l",
  },
  python: {
    type: "python",
    name: "code",
    source: 'def grade(sample, item):\n    return 1.0 if sample["output_text"].strip() == item["answer"] else 0.0\n',
  },
  score_model: {
    type: "score_model",
    name: "judge",
    model: "understudy-mini",
    input: [{ role: "user", content: "Question: {{ item.question }}\nAnswer: {{ sample.output_text }}\nHow good is it?" }],
    range: [0, 1],
  },
  multi: {
    type: "multi",
    name: "both",
    graders: {
      exact: {
        type: "string_check",
        name: "exact",
        input: "{{ sample.output_text }}",
        reference: "{{ item.answer }}",
        operation: "eq",
      },
      similar: {
        type: "text_similarity",
        name: "similar",
        input: "{{ sample.output_text }}",
        reference: "{{ item.answer }}",
        evaluation_metric: "fuzzy_match",
      },
    },
    calculate_output: "0.9 * exact + 0.1 * similar",
  },
} as const;
