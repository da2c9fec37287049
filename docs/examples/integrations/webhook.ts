// Receives webhooks: verifies each, takes each once, and answers soon. Put your work in place
// of `handle`.
//
//   npm ci && npm run build
//   PARLEY_WEBHOOK_SECRET=whsec_... PORT=3000 node dist/webhook.js
import { createServer, type IncomingMessage } from 'node:http';
import process from 'node:process';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env['PARLEY_WEBHOOK_SECRET'] ?? '');
const longest = 1 << 20;

interface Delivery {
  type: string;
  timestamp: string;
  data: { sequence: number; event: { conversationId: string | null } | null; result?: unknown; resultErrors?: { message: string }[] };
}

/**
 * What is to be done; `result` is what the endpoint's document asked for. Parley waits 15 seconds for the answer: for
 * what takes longer, store the delivery here, and work on it elsewhere.
 */
async function handle({ type, data }: Delivery): Promise<void> {
  console.log(data.sequence, type, data.event?.conversationId ?? '-', JSON.stringify(data.result ?? data.resultErrors ?? null));
}

/**
 * The deliveries that are done. Keep them where your data is, in the transaction of the work, for some days: a restart
 * forgets these, and they are never fewer.
 */
const done = new Map<string, Promise<void>>();

/** Handles a delivery once, also when it comes twice at a time; one that failed may come again. */
function once(id: string, delivery: Delivery): Promise<void> {
  let work = done.get(id);
  if (!work) {
    work = handle(delivery);
    done.set(id, work);
    work.catch(() => done.delete(id));
  }
  return work;
}

/** The body as it came: the signature is of these bytes. Undefined: it is longer than any of Parley's. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longest) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The status to answer with. */
async function receive(request: IncomingMessage): Promise<number> {
  const body = await bodyOf(request);
  if (!body) return 413;
  let delivery: Delivery;
  try {
    delivery = webhook.verify(body, request.headers as Record<string, string>) as Delivery;
  } catch {
    return 401;
  }
  try {
    await once(String(request.headers['webhook-id']), delivery);
    return 204;
  } catch (error) {
    console.error(error);
    return 503; // Parley sends it again
  }
}

const server = createServer((request, response) => {
  receive(request).then(
    (status) => response.writeHead(status).end(),
    () => response.destroy(), // the request was cut off
  );
});
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log('listening', JSON.stringify(server.address()));
});
