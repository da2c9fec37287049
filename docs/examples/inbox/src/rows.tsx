// Rows of conversations. Only those in sight, and some around them, are in the document: a list
// may have thousands.
import { useFragment } from '@apollo/client/react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { channelNames } from './filters';
import { Row as RowParts } from './fragments';
import type { RowFragment } from './gql/graphql';
import { Ago, Avatar, Duration } from './ui';

export interface Line {
  row: RowFragment;
  /** Of a search: safe HTML, in which the server escapes all but <mark>. */
  excerpt?: string;
}

interface Props {
  lines: Line[];
  selected: string | null;
  select(id: string): void;
  /** Whether there is more below, and how to get it. */
  more?: boolean;
  loadMore?(): void;
}

const around = 8;

export function Rows({ lines, selected, select, more, loadMore }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ first: 0, last: 20 });
  // As styles.css says: all rows have the same height.
  const [height, setHeight] = useState(96);

  function look() {
    if (!list.current) return;
    const { scrollTop, clientHeight } = list.current;
    const first = Math.max(Math.floor(scrollTop / height) - around, 0);
    const last = Math.ceil((scrollTop + clientHeight) / height) + around;
    setSight((old) => (old.first === first && old.last === last ? old : { first, last }));
    if (more && last >= lines.length) loadMore?.();
  }
  useLayoutEffect(() => {
    const measured = list.current!.querySelector('.row')?.getBoundingClientRect().height;
    if (measured && Math.abs(measured - height) > 0.5) setHeight(measured);
    look();
  });
  useEffect(() => {
    const resized = new ResizeObserver(look);
    resized.observe(list.current!);
    return () => resized.disconnect();
  });

  // What was chosen comes into sight, and gets the focus unless someone writes.
  const at = lines.findIndex(({ row }) => row.id === selected);
  const follow = useRef(false);
  useLayoutEffect(() => {
    const { scrollTop, clientHeight } = list.current!;
    if (at < 0) return;
    follow.current = !document.activeElement?.matches('input, textarea, select, dialog *');
    if (at * height < scrollTop) list.current!.scrollTop = at * height;
    else if ((at + 1) * height > scrollTop + clientHeight) list.current!.scrollTop = (at + 1) * height - clientHeight;
    look();
  }, [selected]); // and not when rows move
  useEffect(() => {
    const row = follow.current && list.current!.querySelector<HTMLElement>('.row[aria-current=true]');
    if (!row) return;
    follow.current = false;
    row.focus({ preventScroll: true });
  });

  return (
    <div ref={list} className="rows" onScroll={look} tabIndex={-1}>
      <ol style={{ paddingBlock: `${sight.first * height}px ${Math.max(lines.length - sight.last, 0) * height}px` }}>
        {lines.slice(sight.first, sight.last).map(({ row, excerpt }, i) => (
          <li key={row.id} aria-setsize={more ? -1 : lines.length} aria-posinset={sight.first + i + 1}>
            <Row row={row} excerpt={excerpt} selected={row.id === selected} select={select} />
          </li>
        ))}
      </ol>
      {more && <p className="hint">Loading more …</p>}
    </div>
  );
}

function Row({ row: given, excerpt, selected, select }: Line & { selected: boolean; select(id: string): void }) {
  // What I did with it, or saw in its thread, is in the cache, also for rows that are not live.
  const cached = useFragment({ fragment: RowParts, fragmentName: 'Row', from: { __typename: 'Conversation', id: given.id } });
  const row = cached.complete && cached.data.revision >= given.revision ? cached.data : given;
  const waits = row.status === 'OPEN' && row.waitingSince;
  return (
    <button type="button" className={row.unread ? 'row unread' : 'row'} data-id={row.id} aria-current={selected} onClick={() => select(row.id)}>
      <Avatar name={row.displayName} url={row.contact?.avatarUrl} />
      <span className="name"><bdi>{row.displayName}</bdi>{row.unread && <span className="unseen"> (unread)</span>}</span>
      <span className="when"><Ago at={row.lastMessageAt} /></span>
      <span className="said">
        {row.subject && <span className="subject" dir="auto">{row.subject}</span>}
        {excerpt ? <span className="preview" dir="auto" dangerouslySetInnerHTML={{ __html: excerpt }} /> : <span className="preview" dir="auto">{row.preview}</span>}
      </span>
      <span className="labels">
        {waits && <span className="label waits">Waits <Duration since={waits} /></span>}
        <span className="label" title={channelNames[row.kind]}><bdi>{row.channel.name}</bdi></span>
        {row.status === 'CLOSED' && <span className="label">Closed</span>}
        {row.snoozedUntil && <span className="label">Snoozed</span>}
        {(row.priority === 'HIGH' || row.priority === 'URGENT') && <span className="label high">{row.priority === 'HIGH' ? 'High' : 'Urgent'}</span>}
        {row.tags.map((tag) => <span key={tag.id} className="label"><bdi>{tag.name}</bdi></span>)}
        <span className="opened">Opened <Ago at={row.openedAt} /></span>
      </span>
      <span className="whose" title={row.assignee?.displayName ?? row.assignedTeam?.name}>
        {row.assignee ? <Avatar name={row.assignee.displayName} url={row.assignee.avatarUrl} says={`Assigned to ${row.assignee.displayName}`} /> : row.assignedTeam && <span className="label"><bdi>{row.assignedTeam.name}</bdi></span>}
      </span>
    </button>
  );
}
