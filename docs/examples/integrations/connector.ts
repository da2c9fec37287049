// A connector of the smallest medium there is, a terminal: what is typed here comes to the
// inbox as a contact's message, and what the team answers is shown here.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/connector.js channel_...
import { createInterface } from 'node:readline';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { change, listen, Refused } from './parley.js';

const [channelId, name = 'Ann'] = process.argv.slice(2);

interface Item {
  message: { id: string };
  action: 'SEND' | 'EDIT' | 'DELETE';
  text: string | null;
}

const receiving = 'mutation($in: ReceiveMessageInput!) { receiveMessage(input: $in) { userErrors { code message } } }';
const reporting = 'mutation($in: ReportDeliveryInput!) { reportDelivery(input: $in) { userErrors { code message } } }';
const outbox = 'subscription($channelId: ID!) { outbox(channelId: $channelId) { message { id } action text } }';

/** Does something until it is done, or is refused for good. What is done twice under one id is done once. */
async function insist(act: () => Promise<unknown>): Promise<void> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      return void (await act());
    } catch (error) {
      if (error instanceof Refused && !error.temporary) throw error;
      console.error('not yet:', error);
      await pause(wait);
    }
  }
}

async function bringWhatIsTyped(): Promise<void> {
  let last = 0;
  for await (const text of createInterface(process.stdin)) {
    last = Math.max(last + 1, Date.now()); // a real medium has ids of its own
    await insist(() =>
      change(receiving, { channelId, externalThreadId: name, externalMessageId: String(last), sender: { key: name, name }, text }),
    );
  }
}

async function showWhatIsAnswered(): Promise<void> {
  for (;;) {
    try {
      for await (const { outbox: item } of listen<{ outbox: Item }>(outbox, { channelId })) {
        console.log(item.action, item.message.id, item.text ?? '');
        await insist(() => change(reporting, { messageId: item.message.id, externalMessageId: `shown-${item.message.id}`, state: 'SENT' }));
      }
    } catch (error) {
      if (error instanceof Refused && !error.temporary) throw error;
      console.error('the connection failed:', error);
    }
    await pause(1_000);
  }
}

await Promise.race([bringWhatIsTyped(), showWhatIsAnswered()]);
process.exit();
