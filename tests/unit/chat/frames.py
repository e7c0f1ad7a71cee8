"""Chat templates of families that trl carries none of: the same tokens in the same order."""

_MISTRAL_FRAME = """{{ bos_token }}{% for m in messages %}
{% if m.role == 'user' -%}
{% if tools and loop.first %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif -%}
[INST]{{ m.content }}[/INST]
{%- elif m.role == 'tool' -%}
[TOOL_RESULTS]{{ m.content }}[/TOOL_RESULTS]
{%- elif m.tool_calls -%}
{{ m.content }}CALLS{{ eos_token }}
{%- else -%}
{{ m.content }}{{ eos_token }}
{%- endif %}
{% endfor %}"""
MISTRAL_LIST = _MISTRAL_FRAME.replace(
    "CALLS",
    """[TOOL_CALLS][{% for c in m.tool_calls -%}
{% if c.id | length != 9 %}{{ raise_exception('ids have 9 characters') }}{% endif -%}
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson -}}
, "id": "{{ c.id }}"}{% if not loop.last %}, {% endif %}{% endfor %}]""",
).replace("%}\n", "%}")
MISTRAL_ARGS = _MISTRAL_FRAME.replace(
    "CALLS",
    """{% for c in m.tool_calls -%}
[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{% endfor %}""",
).replace("%}\n", "%}")
SMOLLM3 = """{{- '<|im_start|>system\n' }}{% if xml_tools %}Call functions in <tool_call> tags:
{% for tool in xml_tools %}{{ tool | tojson }}
{% endfor %}{% endif %}{{ '<|im_end|>\n' }}
{%- for message in messages %}
{%- if message.role == 'assistant' %}
{% generation %}{{ '<|im_start|>assistant\n' + message.content.lstrip('\n') + '<|im_end|>\n' }}
{%- endgeneration %}
{%- else %}
{{- '<|im_start|>' + ('user' if message.role == 'tool' else message.role) + '\n' }}
{{- message.content + '<|im_end|>\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""
# It says who the model is where nobody else does, and knows no tools.
SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are an assistant.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PHI_4 = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '<|im_sep|>' "
    "+ message['content'] + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
PHI_4_MINI = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}"
    "{% if loop.first and tools %}{{ '<|tool|>' + tools | tojson + '<|/tool|>' }}{% endif %}"
    "{% if m['tool_calls'] %}<|tool_call|>[{% for c in m['tool_calls'] %}"
    """{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}"""
    "{% if not loop.last %}, {% endif %}{% endfor %}]<|/tool_call|>{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

# Results go on in the turn of their calls, which ends where they would begin.
FUNCTION_GEMMA = """{%- macro written(value) -%}
{%- if value is string %}{{ '<escape>' + value + '<escape>' }}
{%- elif value is boolean %}{{ 'true' if value else 'false' }}
{%- elif value is mapping %}
{{- '{' }}{% for key, inner in value | dictsort %}{{ key + ':' + written(inner) }}
{{- '' if loop.last else ',' }}{% endfor %}{{ '}' }}
{%- elif value is sequence %}
{{- '[' }}{% for inner in value %}{{ written(inner) + ('' if loop.last else ',') }}
{%- endfor %}{{ ']' }}
{%- else %}{{ value }}
{%- endif %}
{%- endmacro %}
{{- bos_token }}
{%- if tools %}
{{- '<start_of_turn>developer\n' }}
{%- for tool in tools %}
{{- '<start_function_declaration>declaration:' + tool.function.name }}
{{- written(tool.function.parameters) + '<end_function_declaration>' }}
{%- endfor %}
{{- '<end_of_turn>\n' }}
{%- endif %}
{%- set ns = namespace(role='') %}
{%- for m in messages %}
{%- if m.role == 'tool' %}
{{- '<start_function_response>response:' + (m.name or '') + written({'value': m.content}) }}
{{- '<end_function_response>' }}
{%- else %}
{{- '' if ns.role == 'tool' else '<start_of_turn>' + m.role.replace('assistant', 'model') + '\n' }}
{{- m.content | trim }}
{%- for c in m.tool_calls or [] %}
{{- '<start_function_call>call:' + c.function.name + written(c.function.arguments) }}
{{- '<end_function_call>' }}
{%- endfor %}
{{- ('<start_function_response>' if loop.last else '') if m.tool_calls else '<end_of_turn>\n' }}
{%- endif %}
{%- set ns.role = m.role %}
{%- endfor %}
{%- if add_generation_prompt and ns.role != 'tool' %}{{ '<start_of_turn>model\n' }}{% endif %}"""

_DEEPSEEK_HEAD = """{{ bos_token }}
{%- if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}
{%- for tool in tools or [] %}{{ '\n' + (tool | tojson) }}{% endfor %}"""
# As in the templates for serving V3 and R1: what follows a question is written with it.
DEEPSEEK_V3 = (
    _DEEPSEEK_HEAD
    + """
{%- set ns = namespace(results=false, asked=false) %}
{%- for m in messages %}
{%- if m.role == 'user' %}
{%- set ns.asked = true %}{{ '<｜User｜>' + m.content + '<｜Assistant｜>' }}
{%- elif m.role == 'tool' %}
{{- '\n' if ns.results else '<｜tool▁outputs▁begin｜>' }}
{{- '<｜tool▁output▁begin｜>' + m.content + '<｜tool▁output▁end｜>' }}
{%- set ns.results = true %}{% set ns.asked = false %}
{%- elif m.role == 'assistant' %}
{{- '<｜tool▁outputs▁end｜>' if ns.results else '' }}{{ m.content.split('</think>')[-1] }}
{%- set ns.results = false %}{% set ns.asked = false %}
{%- if m.tool_calls %}
{{- '<｜tool▁calls▁begin｜>' }}
{%- for c in m.tool_calls %}
{{- '' if loop.first else '\n' }}
{{- '<｜tool▁call▁begin｜>' + c.type + '<｜tool▁sep｜>' + c.function.name + '\n```json\n' }}
{{- (c.function.arguments | tojson) + '\n```' + '<｜tool▁call▁end｜>' }}
{%- endfor %}
{{- '<｜tool▁calls▁end｜>' }}
{%- endif %}
{{- '<｜end▁of▁sentence｜>' }}
{%- endif %}
{%- endfor %}
{%- if ns.results %}{{ '<｜tool▁outputs▁end｜>' }}{% endif %}
{{- '<｜Assistant｜>' if add_generation_prompt and not (ns.asked or ns.results) else '' }}"""
)
# As they are spread: the spaces that set off the lines of the template stand in the text.
DEEPSEEK_INDENTED = DEEPSEEK_V3.replace(
    "{{- '<｜tool▁calls▁begin｜>' }}", "    {{ '<｜tool▁calls▁begin｜>' }}"
).replace("<｜Assistant｜>' }}\n", "<｜Assistant｜>' + ('' if not loop.last else '\\n') }}\n")
# It adds a header only after a question, and takes arguments as JSON text.
DEEPSEEK_V31 = (
    "{% set thinking = thinking | default(false) %}"
    + _DEEPSEEK_HEAD
    + """
{%- set ns = namespace(asked=false) %}
{%- for m in messages %}
{%- if m.role == 'user' %}
{%- set ns.asked = true %}{{ '<｜User｜>' + m.content }}
{%- elif m.role == 'tool' %}
{%- set ns.asked = false %}{{ '<｜tool▁output▁begin｜>' + m.content + '<｜tool▁output▁end｜>' }}
{%- elif m.role == 'assistant' %}
{{- '<｜Assistant｜></think>' if ns.asked else '' }}{{ m.content.split('</think>')[-1] }}
{%- set ns.asked = false %}
{%- for c in m.tool_calls or [] %}
{{- '<｜tool▁calls▁begin｜>' if loop.first else '' }}
{{- '<｜tool▁call▁begin｜>' + c.function.name + '<｜tool▁sep｜>' + c.function.arguments }}
{{- '<｜tool▁call▁end｜>' + ('<｜tool▁calls▁end｜>' if loop.last else '') }}
{%- endfor %}
{{- '<｜end▁of▁sentence｜>' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt and ns.asked %}
{{- '<｜Assistant｜>' + ('<think>' if thinking else '</think>') }}
{%- endif %}"""
)
