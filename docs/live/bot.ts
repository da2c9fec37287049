// A bot that answers by itself: it says what the knowledge base has about a question, and
// leaves the conversation to people where that is nothing. Put your model in place of
// `answer`. Run as many as you like: they divide the work, and a turn that one drops goes to
// another.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/bot.js http://127.0.0.1:8080/graphql
import WebSocket from 'ws';
import { createClient } from 'graphql-ws';

const [url = 'http://127.0.0.1:8080/graphql'] = process.argv.slice(2);
const { PARLEY_TOKEN: token = '' } = process.env;

interface Turn {
  runId: string;
  turn: number;
  reason: string;
  conversation: { id: string; lastMessage: { text: string } | null } | null;
}

interface Refusal {
  code: string;
  message: string;
}

/** Sends an operation, and returns its data. */
async function call<T>(query: string, variables: Record<string, unknown>): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message ?? `status ${response.status}`);
  return data;
}

/** What to say to a question; undefined: people have to. */
async function answer(question: string): Promise<string | undefined> {
  const { searchKnowledge: found } = await call<{ searchKnowledge: { markdown: string }[] }>(
    'query($q: String!) { searchKnowledge(query: $q, audiences: [PUBLIC], first: 1) { markdown } }',
    { q: [...question].slice(0, 200).join('') },
  );
  return found[0]?.markdown;
}

/** Reports what the bot did. A state ends the turn: FAILED hands the conversation off. */
async function step(turn: Turn, kind: string, text: string, state?: string): Promise<void> {
  await call('mutation($in: ReportAgentStepInput!) { reportAgentStep(input: $in) { userErrors { code } } }', {
    in: { runId: turn.runId, turn: turn.turn, kind, text, state },
  });
}

/** Answers one turn. It may come again, to this bot or another, until it is answered. */
async function work(turn: Turn): Promise<void> {
  const question = turn.conversation?.lastMessage?.text;
  if (turn.reason !== 'CONTACT_WROTE' || !turn.conversation || !question) return; // STOPPED: it is no longer ours
  await step(turn, 'ACTION', 'I look into the knowledge base.');
  const text = await answer(question);
  if (text === undefined) {
    await step(turn, 'RESULT', 'There is nothing about it: people have to answer.', 'FAILED');
    return;
  }
  // The turn is named: if the contact wrote or a person took over meanwhile, this is CONFLICT, and nothing is sent.
  const { sendMessage: sent } = await call<{ sendMessage: { userErrors: Refusal[] } }>(
    'mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { code message } } }',
    { in: { conversationId: turn.conversation.id, markdown: text, turn: turn.turn, idempotencyKey: `${turn.runId}-${turn.turn}` } },
  );
  for (const { code, message } of sent.userErrors) console.log(`not sent, ${code}: ${message}`);
}

const client = createClient({
  url: url.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
});

// There is no position to resume from: what is not answered comes again.
for (;;) {
  const turns = client.iterate<{ botWork: Turn }>({
    query: 'subscription { botWork(atOnce: 5) { runId turn reason conversation { id lastMessage { text } } } }',
  });
  for await (const { data, errors } of turns) {
    if (errors) throw new Error(errors[0]?.message);
    if (data) void work(data.botWork).catch((fault: unknown) => console.error(String(fault)));
  }
}
