// Follows the events of an account, and misses none: not while the network is gone, not over
// a restart of Parley, and not over its own death. Put your work in place of `handle`.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/follow.js position.txt
import { open, readFile, rename } from 'node:fs/promises';
import process from 'node:process';
import { ask, listen, pauseAfter, Refused } from './parley.js';

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

/** Where it stands; without a file, the beginning of the log. */
async function position(): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '0';
    throw error;
  });
  if (!/^\d+\s*$/.test(text)) throw new Error(`${file} has no position: ${JSON.stringify(text)}`);
  return Number(text);
}

/** Stored in one step, and on the disk: half a number would be another position. */
async function store(sequence: number): Promise<void> {
  const written = await open(`${file}.new`, 'w');
  await written.writeFile(String(sequence));
  await written.sync();
  await written.close();
  await rename(`${file}.new`, file);
}

/** Handles events until the connection ends. */
async function follow(after: number, came: () => void): Promise<void> {
  for await (const { events } of listen<{ events: Event }>(following, { after })) {
    await handle(events);
    await store(events.sequence); // after the work: what was not done comes again
    came();
  }
}

let expired = false;
for (let failures = 0; ; failures++) {
  if (!expired) await position(); // a file that cannot be read ends the program: position 0 would be all over again
  try {
    if (expired) await store(await reload());
    expired = false;
    await follow(await position(), () => (failures = 0));
  } catch (error) {
    if (!(error instanceof Refused)) console.error('the connection failed:', error);
    else if (error.code === 'CURSOR_EXPIRED') expired = true;
    else if (!error.temporary) throw error; // such as a token that is revoked
  }
  await pauseAfter(failures);
}
