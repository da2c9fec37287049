// Bottom: a reply or a note, with files and what the library has. What is being written is kept.
import { useApolloClient, useMutation } from '@apollo/client/react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { newKey, perform, useAct } from './act';
import { inputOf, SaveDraft, useDraft, type Content, type Draft } from './draft';
import { Uploading, useUploads } from './files';
import { graphql } from './gql';
import type { MessagePartsFragment, RowFragment, SendMessageInput } from './gql/graphql';
import { Insert, type Inserted } from './insert';
import { Recipients } from './recipients';
import { useToast } from './toast';
import { Problems } from './ui';

const Send = graphql(`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message { id ...MessageParts conversation { id ...Row } }
      messages { id number }
      userErrors { code message field }
    }
  }
`);

const UndoSend = graphql(`
  mutation UndoSend($input: UndoSendInput!) {
    undoSend(input: $input) { message { id ...MessageParts } userErrors { code message field } }
  }
`);

const Typing = graphql(`
  mutation Typing($input: SetTypingInput!) {
    setTyping(input: $input) { userErrors { code message field } }
  }
`);

interface Chip {
  id: string;
  name: string;
}

interface Props {
  conversation: RowFragment;
  messages: MessagePartsFragment[];
  close(): Promise<void>;
}

export function Composer({ conversation, messages, close }: Props) {
  const client = useApolloClient();
  const toast = useToast();
  const conversationId = conversation.id;
  const [note, setNote] = useState(false);
  const reply = useDraft(conversationId, false);
  const remark = useDraft(conversationId, true);
  const draft = note ? remark : reply;
  const { content, change } = draft;
  const [items, setItems] = useState<Chip[]>([]);
  const [quotes, setQuotes] = useState<Chip[]>([]);
  const [missing, setMissing] = useState<string[]>([]);
  const { attempt, problems, conflict, busy, setProblems } = useAct();
  const [sending, setSending] = useState(false);
  const lost = useRef<{ input: SendMessageInput; content: Content } | null>(null);
  const form = useRef<HTMLFormElement>(null);
  // The last message that I may have read before I answer.
  const seen = useRef(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const typing = useTyping(conversationId);
  const { uploads, attach } = useUploads(conversationId, (file) => change(({ files }) => ({ files: [...files, file] })), setProblems);
  const chat = conversation.kind === 'CHAT';
  const closed = conversation.status === 'CLOSED';

  function write(isNote: boolean) {
    setNote(isNote);
    area.current?.focus();
  }
  function insert({ libraryItemId, name, content: inserted }: Inserted) {
    const [from, to] = [area.current?.selectionStart ?? content.markdown.length, area.current?.selectionEnd ?? content.markdown.length];
    // What becomes a card stands beside the text.
    if (!inserted.card) change(({ markdown }) => ({ markdown: markdown.slice(0, from) + inserted.markdown + markdown.slice(to) }));
    setItems((known) => [...known.filter((item) => item.id !== libraryItemId), { id: libraryItemId, name: inserted.card?.title ?? name }]);
    setMissing(inserted.missing);
    area.current?.focus();
  }

  /** Takes a mail back that still waits, and has its text in the composer again. */
  function undoing(messageId: string, was: Content) {
    return async () => {
      const undone = await perform(client, UndoSend, { input: { messageId } });
      if (!undone.done) return undone.problems;
      // What a message once had cannot be in another one.
      if (was.files.length > 0) toast('The files are no longer there: attach them again.');
      return (await perform(client, SaveDraft, { input: { conversationId, ...inputOf({ ...was, files: [] }) } })).problems;
    };
  }

  async function send(andClose: boolean) {
    if (sending || uploads.length > 0 || !form.current!.reportValidity()) return;
    if (!lost.current && !content.markdown.trim() && content.files.length + items.length + quotes.length === 0) return;
    setSending(true);
    try {
      await draft.settle();
      await deliver(andClose);
    } finally {
      setSending(false);
    }
  }
  async function deliver(andClose: boolean) {
    const { markdown, ...rest } = inputOf(content);
    const last = Math.max(seen.current, messages.at(-1)?.number ?? 0);
    const outgoing = note ? {} : { libraryItemIds: items.map((i) => i.id), quoteIds: quotes.map((q) => q.id), reopen: closed && chat, ifLastNumber: last };
    // What got no answer may have been sent: it is sent again as it was, with its key.
    const input = lost.current?.input ?? { conversationId, markdown: markdown.trim() || undefined, note, ...rest, ...outgoing, idempotencyKey: newKey() };
    const was = lost.current?.content ?? content;
    const { done, answer, conflict: newer, lost: unanswered } = await attempt(Send, { input });
    lost.current = unanswered ? { input, content: was } : null;
    if (!done) {
      change({}); // it is kept on
      // The newer ones are on the screen by now: the next try answers them too.
      if (newer) seen.current = Math.max(last, ...(answer?.sendMessage.messages.map((message) => message.number) ?? []));
      return;
    }
    if (was === content) draft.sent();
    setItems([]);
    setQuotes([]);
    setMissing([]);
    const message = done.sendMessage.message;
    if (message?.email?.sendAt) toast('Sent.', undoing(message.id, was));
    if (andClose) await close();
    area.current?.focus();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void send(false);
  }

  return (
    <form ref={form} className={note ? 'composer note' : 'composer'} aria-label={note ? 'Write a note' : 'Write a reply'} onSubmit={submit} onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); attach(event.dataTransfer.files); }}>
      <div className="tabs" role="group" aria-label="What to write">
        <button type="button" data-key="r" aria-pressed={!note} onClick={() => write(false)}>Reply</button>
        <button type="button" data-key="n" aria-pressed={note} onClick={() => write(true)}>Note</button>
        <span className="space" />
        <span className="hint" role="status">{draft.state === 'failed' ? 'Not kept: the server cannot be reached.' : draft.state === 'saved' && content.markdown ? 'Draft kept' : ''}</span>
      </div>
      {!note && conversation.kind === 'EMAIL' && <Recipients key={`${conversationId} ${draft.state === 'loading'}`} content={content} change={change} />}
      <textarea
        ref={area}
        readOnly={sending}
        aria-label={note ? 'Note' : 'Reply'}
        dir="auto"
        rows={4}
        value={content.markdown}
        placeholder={note ? 'Seen only by the team' : 'Markdown'}
        onChange={(event) => {
          change({ markdown: event.target.value });
          if (!note) typing();
        }}
        onPaste={(event) => {
          if (event.clipboardData.files.length === 0) return;
          event.preventDefault();
          attach(event.clipboardData.files);
        }}
        onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && void send(false)}
      />
      {content.files.length + uploads.length + items.length + quotes.length > 0 && (
        <ul className="chips">
          {!note && items.map((item) => <Removable key={item.id} chip={item} icon="◆" remove={() => setItems(items.filter((i) => i.id !== item.id))} />)}
          {!note && quotes.map((quote) => <Removable key={quote.id} chip={quote} icon="◆" remove={() => setQuotes(quotes.filter((q) => q.id !== quote.id))} />)}
          {content.files.map((file) => <Removable key={file.id} chip={file} icon="▤" remove={() => change(({ files }) => ({ files: files.filter((f) => f.id !== file.id) }))} />)}
          <Uploading uploads={uploads} />
        </ul>
      )}
      {missing.length > 0 && <p className="warning" role="status">Not known yet, fill in by hand: {missing.join(', ')}</p>}
      {draft.other && <Elsewhere draft={draft} />}
      {conflict ? <p className="warning" role="alert">There are newer messages. Read them, then send it again.</p> : <Problems of={problems} />}
      <div className="actions">
        {!note && <Insert conversationId={conversationId} insert={insert} offer={(quote) => setQuotes((known) => [...known.filter((q) => q.id !== quote.id), quote])} failed={(message) => setProblems([message])} />}
        <label className="attach">Attach<input type="file" multiple aria-label="Attach files" onChange={(event) => { attach([...(event.target.files ?? [])]); event.target.value = ''; }} /></label>
        <span className="space" />
        {!note && !closed && <button type="button" disabled={busy || uploads.length > 0} onClick={() => void send(true)}>Send and close</button>}
        <button className="primary" disabled={busy || uploads.length > 0}>{note ? 'Add note' : closed && chat ? 'Reopen and send' : 'Send'}</button>
      </div>
    </form>
  );
}

/** Another window changed the draft, sent it or threw it away, while this one was being written. */
function Elsewhere({ draft }: { draft: Draft }) {
  const theirs = draft.other?.draft;
  return (
    <div className="warning elsewhere" role="alert">
      <p>{theirs ? <>Another window has: <q><bdi>{theirs.markdown.slice(0, 200)}</bdi></q></> : 'It was sent or discarded in another window.'}</p>
      <button type="button" onClick={draft.keepMine}>Keep this</button>
      <button type="button" onClick={draft.takeOther}>{theirs ? 'Take that' : 'Discard this'}</button>
    </div>
  );
}

function Removable({ chip, icon, remove }: { chip: Chip; icon: string; remove(): void }) {
  return <li>{icon} <bdi>{chip.name}</bdi> <button type="button" aria-label={`Remove ${chip.name}`} onClick={remove}>✕</button></li>;
}

/** Tells the contact that someone types, and that they stopped. */
function useTyping(conversationId: string) {
  const [tell] = useMutation(Typing);
  const told = useRef(0);
  const stop = useRef(0);
  useEffect(() => () => clearTimeout(stop.current), []);
  return () => {
    const set = (typing: boolean) => void tell({ variables: { input: { conversationId, typing } } }).catch(() => undefined);
    clearTimeout(stop.current);
    stop.current = window.setTimeout(() => {
      told.current = 0;
      set(false);
    }, 4000);
    if (Date.now() - told.current < 3000) return;
    told.current = Date.now();
    set(true);
  };
}
