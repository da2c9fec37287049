// Follows the events of an account, and misses none: not while the network is gone, not over
// a restart of Parley, and not over its own death. Put your work in place of `handle`.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/follow.js position.txt
import { readFile, rename, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, listen, Refused } from './parley.js';

const [file = 'position.txt'] = process.argv.slice(2);

interface Event {
  sequence: number;
  type: string;
  conversation: { id: string } | null;
  message: { text: string } | null;
}

const following = `subscription($after: Sequence!) {
  events(after: $after) { sequence type conversation { id } message { text } } }`;

/** What is to be done. An event may come twice, if the program dies right after this: its sequence tells. */
async function handle(event: Event): Promise<void> {
  console.log(event.sequence, event.type, event.conversation?.id ?? '-', JSON.stringify(event.message?.text ?? null));
}

/** The log no longer reaches back to the position: load what you keep, and go on from here. */
async function reload(): Promise<number> {
  const { viewer } = await ask<{ viewer: { account: { headSequence: number } } }>('{ viewer { account { headSequence } } }');
  console.log('reload');
  return viewer.account.headSequence;
}

async function position(): Promise<number> {
  return Number(await readFile(file, 'utf8').catch(() => '0'));
}

/** Stored in one step: half a number would be another position. */
async function store(sequence: number): Promise<void> {
  await writeFile(`${file}.new`, String(sequence));
  await rename(`${file}.new`, file);
}

for (let wait = 100; ; wait = Math.min(wait * 2, 15_000)) {
  try {
    for await (const { events } of listen<{ events: Event }>(following, { after: await position() })) {
      await handle(events);
      await store(events.sequence); // after the work: what was not done comes again
      wait = 100;
    }
  } catch (error) {
    if (error instanceof Refused && error.code === 'CURSOR_EXPIRED') await store(await reload());
    else if (error instanceof Refused && !error.temporary) throw error; // such as a token that is revoked
    else console.error('the connection failed:', error);
  }
  await pause(wait * (0.5 + Math.random() / 2)); // each at another time, when all lost it at once
}
