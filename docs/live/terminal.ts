// The example in a terminal: it prints a view and a thread as lines of JSON, and
// sends each line that is typed. A front end would render them instead.
//
//   npm ci && npm run build
//   PARLEY_TOKEN=... node dist/terminal.js http://127.0.0.1:8080/graphql CONVERSATION
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { type Fault, Parley, type Timing } from './client.js';
import { Thread } from './thread.js';
import { View } from './view.js';

// Browsers report a failing socket and continue; npm ws throws if no one listens for the error.
class Socket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol);
    this.on('error', () => {});
  }
}

const [url = 'http://127.0.0.1:8080/graphql', conversation = ''] = process.argv.slice(2);
const { PARLEY_TOKEN: token = '', PARLEY_TIMING: timing = '{}' } = process.env;

const parley = new Parley({ url, token: () => token, webSocket: Socket, timing: JSON.parse(timing) as Partial<Timing> });

// If something can no longer be followed, the program ends; a front end would show
// a message, or ask the user to sign in again.
function ended(fault: Fault): void {
  parley.close();
  process.stdout.write(`${JSON.stringify({ ended: fault.code })}\n`, () => process.exit(1));
}

// However many changes arrive, the screen is updated at most ten times a second.
let drawing = false;
function draw(): void {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    console.log(JSON.stringify({ view: view.current ? view.rows : null, thread: thread.messages, sending: thread.sending }));
  }, 100);
}

const view = new View(parley, { view: { builtIn: 'ALL' }, first: 20 }, draw, ended);
const thread = new Thread(parley, conversation, draw, ended);

createInterface({ input: process.stdin })
  .on('line', (text) => void thread.send(text).catch((fault: unknown) => console.log(JSON.stringify({ refused: String(fault) }))))
  .on('close', () => parley.close());
