// What I am writing in a conversation, kept on the server: it is there in other windows and on
// other devices too, and after this one was closed.
import { useApolloClient, useSubscription } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { graphql } from './gql';
import type { DraftPartsFragment } from './gql/graphql';

const LoadDraft = graphql(`
  query LoadDraft($id: ID!, $note: Boolean!) {
    conversation(id: $id) { id draft(note: $note) { id ...DraftParts } }
  }
`);

export const SaveDraft = graphql(`
  mutation SaveDraft($input: SaveDraftInput!) {
    saveDraft(input: $input) { draft { id ...DraftParts } userErrors { code message field } }
  }
`);

const DraftChanges = graphql(`
  subscription DraftChanges {
    draftChanges { sequence draftId conversationId draft { id ...DraftParts } }
  }
`);

export interface Content {
  markdown: string;
  files: { id: string; name: string }[];
  /** E-mail; null: as the reply has it. */
  to: string[] | null;
  cc: string[] | null;
  bcc: string[] | null;
}

const empty: Content = { markdown: '', files: [], to: null, cc: null, bcc: null };

const contentOf = (draft: DraftPartsFragment | null | undefined): Content =>
  draft ? { markdown: draft.markdown, files: draft.attachments.map((file) => ({ id: file.id, name: file.fileName })), to: draft.to ?? null, cc: draft.cc ?? null, bcc: draft.bcc ?? null } : empty;

/** What is kept of a content. An e-mail's recipients are left out where the reply has them by itself. */
export function inputOf({ markdown, files, to, cc, bcc }: Content) {
  return { markdown, attachmentIds: files.map((file) => file.id), ...(to?.length && { to }), ...(cc?.length && { cc }), ...(bcc?.length && { bcc }) };
}

const pause = 700;
/** Saves under way, by conversation and kind: what is opened again waits for them. */
const saving = new Map<string, Promise<unknown>>();

export function useDraft(conversationId: string, note: boolean) {
  const client = useApolloClient();
  const [content, setContent] = useState<Content>(empty);
  const [state, setState] = useState<'loading' | 'changed' | 'saved' | 'failed'>('loading');
  const [other, setOther] = useState<{ draft: DraftPartsFragment | null } | null>(null);
  const place = `${conversationId} ${note}`;
  // What the timer and the answers of saves read: not what was drawn when they began.
  const now = useRef({ content, revision: 0, id: '', dirty: false, timer: 0, gone: false, touched: false });

  function adopt(draft: DraftPartsFragment | null | undefined) {
    Object.assign(now.current, { content: contentOf(draft), revision: draft?.revision ?? 0, id: draft?.id ?? '', dirty: false });
    setContent(now.current.content);
    setState('saved');
    setOther(null);
  }
  async function save(whatever = false): Promise<void> {
    clearTimeout(now.current.timer);
    await saving.get(place);
    if (!now.current.dirty) return;
    now.current.dirty = false;
    const { revision } = now.current;
    const input = { conversationId, note, ...inputOf(now.current.content), ...(!whatever && { expectedRevision: revision }) };
    const run = client.mutate({ mutation: SaveDraft, variables: { input } }).then(
      ({ data }) => {
        const { draft, userErrors } = data!.saveDraft;
        if (userErrors.some((error) => error.code === 'CONFLICT')) return setOther({ draft: draft ?? null });
        if (userErrors.length) return setState('failed');
        now.current.revision = draft?.revision ?? 0;
        now.current.id = draft?.id ?? '';
        setOther(null);
        if (!now.current.dirty) setState('saved');
      },
      () => {
        now.current.dirty = true;
        setState('failed');
      },
    );
    saving.set(place, run);
    await run;
    if (saving.get(place) === run) saving.delete(place);
  }
  useEffect(() => {
    const current = now.current;
    current.gone = false;
    void (saving.get(place) ?? Promise.resolve())
      .then(() => client.query({ query: LoadDraft, variables: { id: conversationId, note }, fetchPolicy: 'no-cache' }))
      .then(({ data }) => !current.gone && !current.touched && adopt(data?.conversation?.draft), () => setState('failed'));
    return () => {
      current.gone = true;
      void save();
    };
  }, [client, place]); // the rest is the same for the same place

  useSubscription(DraftChanges, {
    ignoreResults: true,
    onData({ data: { data } }) {
      const change = data?.draftChanges;
      if (!change || change.conversationId !== conversationId) return;
      const { dirty, revision, id } = now.current;
      // What I am about to save decides itself: as a conflict, if it is one.
      if (dirty || saving.has(place) || (change.draft && change.draft.note !== note)) return;
      if (change.draft ? change.draft.id !== id || change.draft.revision > revision : change.draftId === id) adopt(change.draft);
    },
  });

  return {
    content,
    state,
    /** What another window has; null: nothing in the way. */
    other,
    change(part: Partial<Content> | ((old: Content) => Partial<Content>)) {
      const { current } = now;
      current.content = { ...current.content, ...(typeof part === 'function' ? part(current.content) : part) };
      current.dirty = current.touched = true;
      setContent(current.content);
      setState('changed');
      clearTimeout(current.timer);
      current.timer = window.setTimeout(() => void save(), pause);
    },
    takeOther: () => adopt(other?.draft),
    keepMine() {
      now.current.dirty = true;
      void save(true);
    },
    /** Before it is sent: nothing is saved from now on. */
    async settle() {
      clearTimeout(now.current.timer);
      now.current.dirty = false;
      await saving.get(place);
    },
    /** It was sent, which ended the draft. */
    sent() {
      now.current.touched = true;
      adopt(null);
    },
  };
}

export type Draft = ReturnType<typeof useDraft>;
