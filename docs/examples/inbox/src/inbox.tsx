// The whole screen: views, list, thread, details; one of them at a time on a phone.
import { useCallback, useEffect, useState } from 'react';
import { DetailsPane } from './details';
import type { ViewInput } from './gql/graphql';
import { List } from './list';
import { useSession } from './session';
import { Sidebar } from './sidebar';
import { Thread } from './thread';
import { Dialog } from './ui';

const keys: [string, string][] = [['j / k', 'next, previous'], ['a', 'take'], ['e', 'close'], ['r', 'reply'], ['n', 'note'], ['/', 'search'], ['?', 'this help']];

export function Inbox() {
  const { inboxes, online } = useSession();
  const [where, setWhere] = useState<{ inboxId: string; view: ViewInput }>({ inboxId: inboxes[0]?.id ?? '', view: { builtIn: 'ALL' } });
  const [id, select] = useState<string | null>(() => new URLSearchParams(location.hash.slice(1)).get('conversation'));
  const [pane, setPane] = useState<'list' | 'thread' | 'details'>(id ? 'thread' : 'list');
  const [help, setHelp] = useState(false);

  const open = useCallback((conversationId: string) => {
    select(conversationId);
    setPane('thread');
    history.replaceState(null, '', `#conversation=${conversationId}`);
  }, []);

  useEffect(() => {
    function key(event: KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, dialog, [contenteditable]')) return;
      const press = (selector: string) => document.querySelector<HTMLElement>(selector)?.click();
      if (event.key === 'j' || event.key === 'k') {
        const rows = [...document.querySelectorAll<HTMLElement>('.list .row')];
        const at = rows.findIndex((row) => row.getAttribute('aria-current') === 'true');
        rows[Math.min(Math.max(at + (event.key === 'j' ? 1 : -1), 0), rows.length - 1)]?.click();
      } else if (event.key === '/') document.getElementById('search')?.focus();
      else if (event.key === '?') setHelp(true);
      else if (['a', 'e', 'r', 'n'].includes(event.key)) press(`[data-key=${event.key}]`);
      else return;
      event.preventDefault();
    }
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, []);

  if (inboxes.length === 0) return <p className="empty">You are not a member of an inbox yet.</p>;
  return (
    <div className="screen" data-pane={pane}>
      {!online && <p className="offline" role="status">Offline: what you see may be old. Connecting again …</p>}
      <Sidebar {...where} open={open} choose={(inboxId, view) => { setWhere({ inboxId, view }); setPane('list'); }} />
      <List {...where} selected={id} select={open} />
      <main className="thread">{id ? <Thread key={id} id={id} back={() => setPane('list')} details={() => setPane('details')} /> : <p className="empty">Choose a conversation.</p>}</main>
      {id && <DetailsPane key={id} id={id} select={open} close={() => setPane('thread')} />}
      {help && <Dialog title="Keys" close={() => setHelp(false)}><dl className="facts">{keys.map(([k, what]) => <div key={k}><dt><kbd>{k}</kbd></dt><dd>{what}</dd></div>)}</dl></Dialog>}
    </div>
  );
}
