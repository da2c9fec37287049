// Receives webhooks: verifies each, takes each once, and answers soon. Put your work in place
// of `handle`.
//
//   npm ci && npm run build
//   PARLEY_WEBHOOK_SECRET=whsec_... PORT=3000 node dist/webhook.js
import { createServer } from 'node:http';
import process from 'node:process';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env['PARLEY_WEBHOOK_SECRET'] ?? '');
const longest = 1 << 20;

interface Delivery {
  type: string;
  timestamp: string;
  data: { sequence: number; event: { conversationId: string | null } | null; result?: unknown; resultErrors?: { message: string }[] };
}

/** What is to be done; `result` is what the endpoint's document asked for. */
async function handle({ type, data }: Delivery): Promise<void> {
  console.log(data.sequence, type, data.event?.conversationId ?? '-', JSON.stringify(data.result ?? data.resultErrors ?? null));
}

/** The deliveries that are done. Keep them where your data is, in the transaction of the work: a restart forgets these. */
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

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longest) return void response.writeHead(413, { Connection: 'close' }).end();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString(); // as it came: the signature is of these bytes
  let delivery: Delivery;
  try {
    delivery = webhook.verify(body, request.headers as Record<string, string>) as Delivery;
  } catch {
    return void response.writeHead(401).end();
  }
  const id = String(request.headers['webhook-id']);
  try {
    await once(id, delivery);
    response.writeHead(204).end();
  } catch (error) {
    console.error(error);
    response.writeHead(503).end(); // Parley sends it again
  }
});
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log('listening', JSON.stringify(server.address()));
});
