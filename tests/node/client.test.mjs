// The official Node client against a running server; tests/api/test_node_client.py starts it, and
// has the engine say the answers in the order in which they are asked for here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { zodResponseFormat, zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const client = new OpenAI({ maxRetries: 0 });
const model = process.env.MODEL;
const question = 'What is the weather in Paris?';
const messages = [{ role: 'user', content: question }];
const City = z.object({ city: z.string() });
const text = async (stream) => {
  let found = '';
  for await (const chunk of stream) found += chunk.choices[0]?.delta?.content ?? '';
  return found;
};

test('an answer, whole and streamed', async () => {
  const answer = await client.chat.completions.create({ model, messages });
  assert.equal(answer.choices[0].message.content, 'It is sunny.');
  assert.match(answer._request_id, /^req_/);
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  assert.equal(await text(stream), 'It is sunny.');
});

test('the stream helper puts a call together', async () => {
  const tools = [
    { type: 'function', function: { name: 'get_weather', parameters: z.toJSONSchema(City) } },
  ];
  const stream = client.chat.completions.stream({ model, messages, tools });
  const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0];
  assert.equal(finish_reason, 'tool_calls');
  assert.equal(message.tool_calls[0].function.name, 'get_weather');
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: 'Paris' });
});

test('the tool runner calls a function and asks on', async () => {
  const asked = [];
  const get_weather = (input) => {
    asked.push(input.city);
    return 'sunny';
  };
  const runner = client.chat.completions.runTools({
    model,
    messages,
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'Get the weather',
          function: get_weather,
          parse: JSON.parse,
          parameters: z.toJSONSchema(City),
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), 'Sunny in Paris.');
  assert.deepEqual(asked, ['Paris']);
});

test('an answer is parsed by its schema', async () => {
  const answer = await client.chat.completions.parse({
    model,
    messages,
    response_format: zodResponseFormat(City, 'city'),
  });
  assert.deepEqual(answer.choices[0].message.parsed, { city: 'Paris' });
});

test('stored completions page by themselves', async () => {
  const metadata = { task: 'node' };
  const made = [];
  for (let i = 0; i < 2; i++) {
    const answer = await client.chat.completions.create({ model, messages, store: true, metadata });
    made.push(answer.id);
  }
  const found = [];
  for await (const stored of client.chat.completions.list({ metadata, limit: 1 })) {
    found.push(stored.id);
  }
  assert.deepEqual(found, made);
  const [asked] = (await client.chat.completions.messages.list(made[0])).data;
  assert.equal(asked.content, question);
  await client.chat.completions.update(made[0], { metadata: { task: 'other' } });
  await client.chat.completions.delete(made[0]);
  await assert.rejects(client.chat.completions.retrieve(made[0]), NotFoundError);
});

test('a response, whole, continued and streamed', async () => {
  const first = await client.responses.create({ model, input: question });
  assert.equal(first.output_text, 'It is sunny.');
  const second = await client.responses.create({
    model,
    input: 'Thanks!',
    previous_response_id: first.id,
  });
  assert.equal(second.output_text, 'You are welcome.');
  const items = await client.responses.inputItems.list(second.id, { order: 'asc' });
  assert.deepEqual(
    items.data.map((item) => item.role),
    ['user', 'assistant', 'user'],
  );
  const stream = client.responses.stream({ model, input: question });
  const types = [];
  for await (const event of stream) types.push(event.type);
  assert.equal(types.at(0), 'response.created');
  assert.equal(types.at(-1), 'response.completed');
  assert.equal((await stream.finalResponse()).output_text, 'It is sunny.');
});

test('a response is parsed, its calls too', async () => {
  const format = zodTextFormat(City, 'city');
  const parsed = await client.responses.parse({ model, input: question, text: { format } });
  assert.deepEqual(parsed.output_parsed, { city: 'Paris' });
  const tool = zodResponsesFunction({ name: 'get_weather', parameters: City });
  const called = await client.responses.parse({ model, input: question, tools: [tool] });
  assert.deepEqual(called.output[0].parsed_arguments, { city: 'Paris' });
});

test('a background response is taken up again', async () => {
  const begun = await client.responses.create({
    model,
    input: question,
    background: true,
    stream: true,
  });
  let id, last;
  for await (const event of begun) {
    id ??= event.response.id;
    last = event.sequence_number;
    break;
  }
  const stream = client.responses.stream({ response_id: id, starting_after: last });
  const numbers = [];
  for await (const event of stream) numbers.push(event.sequence_number);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => last + 1 + i),
  );
  assert.equal((await client.responses.retrieve(id)).output_text, 'It is sunny.');
});

test('a completion', async () => {
  const answer = await client.completions.create({ model, prompt: 'Once', logprobs: 1 });
  assert.equal(answer.choices[0].text, ' upon a time');
});

test('errors have their classes', async () => {
  await assert.rejects(client.chat.completions.create({ model, messages: [] }), BadRequestError);
  await assert.rejects(
    client.responses.create({ model: 'nobody', input: 'x' }),
    (error) => error instanceof NotFoundError && error.code === 'model_not_found',
  );
  await assert.rejects(client.get('/_stainless_unknown_path'), NotFoundError);
  await assert.rejects(client.post('/_stainless_unknown_path'), NotFoundError);
});
