// A connector of the smallest medium there is, a terminal: what is typed here comes to the
// inbox as a contact's message, and what the team answers is shown here.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/connector.js channel_...
import { createInterface } from 'node:readline';
import process from 'node:process';
import { change, listen, pauseAfter, Refused } from './parley.js';

const [channelId, name = 'Ann'] = process.argv.slice(2);

interface Item {
  message: { id: string };
  action: 'SEND' | 'EDIT' | 'DELETE';
  text: string | null;
}

const receiving = 'mutation($in: ReceiveMessageInput!) { receiveMessage(input: $in) { userErrors { code message } } }';
const reporting = 'mutation($in: ReportDeliveryInput!) { reportDelivery(input: $in) { userErrors { code message } } }';
const outbox = 'subscription($channelId: ID!) { outbox(channelId: $channelId) { message { id } action text } }';

/**
 * Does something until it is done, and says what was refused for good: that is skipped, for it would bring down each
 * next run, too. Only a token that is no longer good ends the program.
 */
async function insist(act: () => Promise<unknown>): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      return void (await act());
    } catch (error) {
      if (error instanceof Refused && error.hopeless) throw error;
      console.error(error);
      if (error instanceof Refused && !error.temporary) return;
      await pauseAfter(failures);
    }
  }
}

async function bringWhatIsTyped(): Promise<void> {
  let last = 0;
  for await (const text of createInterface(process.stdin)) {
    last = Math.max(last + 1, Date.now()); // a real medium has ids of its own
    // Repeated after an answer that was lost, it is still one message: its id is the same.
    await insist(() =>
      change(receiving, { channelId, externalThreadId: name, externalMessageId: String(last), sender: { key: name, name }, text }),
    );
  }
}

/** Shows an item and reports it. A real medium would change or delete what it has for EDIT and DELETE. */
async function show({ message, action, text }: Item): Promise<void> {
  console.log(action, message.id, text ?? '');
  // If the program dies here, the item comes again and is shown twice: see "At least once" in custom-channels.md.
  await insist(() => change(reporting, { messageId: message.id, externalMessageId: `shown-${message.id}`, state: 'SENT' }));
}

async function showWhatIsAnswered(): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      for await (const { outbox: item } of listen<{ outbox: Item }>(outbox, { channelId })) {
        await show(item);
        failures = 0;
      }
    } catch (error) {
      if (error instanceof Refused && !error.temporary) throw error;
      console.error('the connection failed:', error);
    }
    await pauseAfter(failures);
  }
}

await Promise.all([bringWhatIsTyped(), showWhatIsAnswered()]);
