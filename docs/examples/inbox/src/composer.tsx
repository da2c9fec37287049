// Bottom: a reply or a note, with files and what the library has.
import { useMutation } from '@apollo/client/react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useAct } from './act';
import { upload } from './client';
import { graphql } from './gql';
import type { RowFragment } from './gql/graphql';
import { Insert, type Inserted } from './insert';
import { useSession } from './session';
import { Close } from './thread';
import { Problems } from './ui';

const Send = graphql(`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message { id ...MessageParts conversation { id ...Row } }
      userErrors { code message field }
    }
  }
`);

const Typing = graphql(`
  mutation Typing($input: SetTypingInput!) {
    setTyping(input: $input) { userErrors { code message field } }
  }
`);

const uploadAttachment = `mutation Upload($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) { attachment { id fileName } userErrors { code message field } }
}`;

interface Uploaded {
  data?: { uploadAttachment: { attachment: { id: string; fileName: string } | null; userErrors: { message: string }[] } };
  errors?: { message: string }[];
}

interface Chip {
  id: string;
  name: string;
}

export function Composer({ conversation }: { conversation: RowFragment }) {
  const { token } = useSession();
  const conversationId = conversation.id;
  const [note, setNote] = useState(false);
  const [text, setText] = useState('');
  const [files, setFiles] = useState<Chip[]>([]);
  const [items, setItems] = useState<Chip[]>([]);
  const [quotes, setQuotes] = useState<Chip[]>([]);
  const [missing, setMissing] = useState<string[]>([]);
  const { act, problems, busy, setProblems } = useAct();
  // Made once for each message, and sent again with each retry: it is there once.
  const key = useRef(crypto.randomUUID());
  const area = useRef<HTMLTextAreaElement>(null);
  const typing = useTyping(conversationId);

  function insert({ libraryItemId, name, content }: Inserted) {
    const at = area.current?.selectionStart ?? text.length;
    // What becomes a card stands beside the text.
    if (!content.card) setText(text.slice(0, at) + content.markdown + text.slice(area.current?.selectionEnd ?? at));
    setItems((known) => [...known.filter((item) => item.id !== libraryItemId), { id: libraryItemId, name: content.card?.title ?? name }]);
    setMissing(content.missing);
    area.current?.focus();
  }

  async function attach(list: FileList | null) {
    for (const file of list ?? []) {
      const answer = (await upload(token, uploadAttachment, { to: { conversationId } }, file).catch(() => ({ errors: [{ message: `${file.name} could not be uploaded.` }] }))) as Uploaded;
      const attachment = answer.data?.uploadAttachment.attachment;
      if (attachment) setFiles((known) => [...known, { id: attachment.id, name: attachment.fileName }]);
      else setProblems((answer.errors ?? answer.data?.uploadAttachment.userErrors ?? []).map((error) => error.message));
    }
  }

  async function send(close: boolean) {
    if (!text.trim() && files.length === 0 && items.length === 0 && quotes.length === 0) return;
    const markdown = text.trim() || undefined;
    const cards = note ? {} : { libraryItemIds: items.map((i) => i.id), quoteIds: quotes.map((q) => q.id) };
    const input = { conversationId, markdown, note, attachmentIds: files.map((f) => f.id), ...cards, idempotencyKey: key.current };
    if (!(await act(Send, { input }))) return;
    key.current = crypto.randomUUID();
    setText('');
    setFiles([]);
    setItems([]);
    setQuotes([]);
    setMissing([]);
    if (close) await act(Close, { input: { conversationId } });
    area.current?.focus();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void send(false);
  }

  return (
    <form className={note ? 'composer note' : 'composer'} onSubmit={submit}>
      <div className="tabs" role="group" aria-label="What to write">
        <button type="button" data-key="r" aria-pressed={!note} onClick={() => (setNote(false), area.current?.focus())}>Reply</button>
        <button type="button" data-key="n" aria-pressed={note} onClick={() => (setNote(true), area.current?.focus())}>Note</button>
      </div>
      <textarea
        ref={area}
        aria-label={note ? 'Note' : 'Reply'}
        rows={4}
        value={text}
        placeholder={note ? 'Seen only by the team' : 'Markdown'}
        onChange={(event) => {
          setText(event.target.value);
          if (!note) typing();
        }}
        onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && void send(false)}
      />
      {(files.length > 0 || items.length > 0 || quotes.length > 0) && (
        <ul className="chips">
          {items.map((item) => <Removable key={item.id} chip={item} icon="◆" remove={() => setItems(items.filter((i) => i.id !== item.id))} />)}
          {quotes.map((quote) => <Removable key={quote.id} chip={quote} icon="◆" remove={() => setQuotes(quotes.filter((q) => q.id !== quote.id))} />)}
          {files.map((file) => <Removable key={file.id} chip={file} icon="▤" remove={() => setFiles(files.filter((f) => f.id !== file.id))} />)}
        </ul>
      )}
      {missing.length > 0 && <p className="warning" role="status">Not known yet, fill in by hand: {missing.join(', ')}</p>}
      <Problems of={problems} />
      <div className="actions">
        {!note && <Insert conversationId={conversationId} insert={insert} offer={(quote) => setQuotes((known) => [...known.filter((q) => q.id !== quote.id), quote])} failed={(message) => setProblems([message])} />}
        <label className="attach">Attach<input type="file" multiple aria-label="Attach files" onChange={(event) => { void attach(event.target.files); event.target.value = ''; }} /></label>
        <span className="space" />
        {!note && conversation.status === 'OPEN' && <button type="button" disabled={busy} onClick={() => void send(true)}>Send and close</button>}
        <button className="primary" disabled={busy}>{note ? 'Add note' : 'Send'}</button>
      </div>
    </form>
  );
}

function Removable({ chip, icon, remove }: { chip: Chip; icon: string; remove(): void }) {
  return <li>{icon} {chip.name} <button type="button" aria-label={`Remove ${chip.name}`} onClick={remove}>✕</button></li>;
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
