// The whole screen: views, list, thread, details; one of them at a time on a phone.
import { useCallback, useEffect, useRef, useState } from 'react';
import { DetailsPane } from './details';
import type { Conditions } from './filters';
import type { ViewInput } from './gql/graphql';
import { List } from './list';
import { useSession } from './session';
import { Sidebar } from './sidebar';
import { Thread } from './thread';
import { Dialog } from './ui';

const keys: [string, string][] = [['j / k', 'next, previous'], ['a', 'assign'], ['e', 'close'], ['r', 'reply'], ['n', 'note'], ['Ctrl Enter', 'send'], ['/', 'search'], ['?', 'this help']];

export function Inbox() {
  const { inboxes, online } = useSession();
  const [where, setWhere] = useState<{ inboxId: string; view: ViewInput }>({ inboxId: inboxes[0]?.id ?? '', view: { builtIn: 'ALL' } });
  const [conditions, narrow] = useState<Conditions>({});
  const [id, select] = useState<string | null>(() => new URLSearchParams(location.hash.slice(1)).get('conversation'));
  const [pane, setPane] = useState<'list' | 'thread' | 'details'>(id ? 'thread' : 'list');
  const [help, setHelp] = useState(false);
  const order = useRef<string[]>([]);

  const open = useCallback((conversationId: string) => {
    select(conversationId);
    setPane('thread');
    history.replaceState(null, '', `#conversation=${conversationId}`);
  }, []);
  const choose = useCallback((inboxId: string, view: ViewInput) => {
    setWhere({ inboxId, view });
    narrow({});
    setPane('list');
  }, []);

  useEffect(() => {
    function key(event: KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && !'jk'.includes(event.key)) || document.querySelector('dialog[open]') || target.closest('input, textarea, select, dialog, [role=menu], [contenteditable]')) return;
      if (event.key === 'j' || event.key === 'k') {
        const at = id ? order.current.indexOf(id) : -1;
        const next = order.current[Math.min(Math.max(at + (event.key === 'j' ? 1 : -1), 0), order.current.length - 1)];
        if (next) open(next);
      } else if (event.key === '/') document.getElementById('search')?.focus();
      else if (event.key === '?') setHelp(true);
      else if (['a', 'e', 'r', 'n'].includes(event.key)) document.querySelector<HTMLElement>(`[data-key=${event.key}]`)?.click();
      else return;
      event.preventDefault();
    }
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [id, open]);

  // On a phone one pane takes the place of another: the focus goes along.
  useEffect(() => {
    if (document.activeElement !== document.body && document.activeElement?.checkVisibility()) return;
    document.querySelector<HTMLElement>({ list: '.row[aria-current=true]', thread: '.head h2', details: '.details button' }[pane])?.focus();
  }, [pane]);

  if (inboxes.length === 0) return <p className="empty">You are not a member of an inbox yet.</p>;
  return (
    <div className="screen" data-pane={pane}>
      {!online && <p className="offline" role="status">Offline: what you see may be old. Connecting again …</p>}
      <Sidebar {...where} open={open} choose={choose} />
      <main className="panes">
        <h1 className="unseen">Inbox</h1>
        <List {...where} key={JSON.stringify(where)} conditions={conditions} narrow={narrow} choose={choose} selected={id} select={open} order={order} />
        <section className="thread" aria-label="Conversation">{id ? <Thread key={id} id={id} back={() => setPane('list')} details={() => setPane('details')} /> : <p className="empty">Choose a conversation.<br />Keys: <kbd>?</kbd></p>}</section>
      </main>
      {id && <DetailsPane key={id} id={id} select={open} close={() => setPane('thread')} />}
      {help && <Dialog title="Keys" close={() => setHelp(false)}><dl className="facts">{keys.map(([k, what]) => <div key={k}><dt><kbd>{k}</kbd></dt><dd>{what}</dd></div>)}</dl></Dialog>}
    </div>
  );
}
