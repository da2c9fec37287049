// What is done with a conversation, and how each of it is undone.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useApolloClient } from '@apollo/client/react';
import type { OperationVariables } from '@apollo/client';
import { perform, useAct } from './act';
import { graphql } from './gql';
import type { BlockConversationSenderInput, RowFragment } from './gql/graphql';
import { useSession } from './session';
import { useToast, type Undo } from './toast';

const Claim = graphql(`
  mutation Claim($input: ClaimConversationInput!) {
    claimConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Assign = graphql(`
  mutation Assign($input: AssignConversationInput!) {
    assignConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Close = graphql(`
  mutation Close($input: CloseConversationInput!) {
    closeConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Reopen = graphql(`
  mutation Reopen($input: ReopenConversationInput!) {
    reopenConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Snooze = graphql(`
  mutation Snooze($input: SnoozeConversationInput!) {
    snoozeConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Unsnooze = graphql(`
  mutation Unsnooze($input: UnsnoozeConversationInput!) {
    unsnoozeConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Spam = graphql(`
  mutation Spam($input: MarkConversationAsSpamInput!) {
    markConversationAsSpam(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const NotSpam = graphql(`
  mutation NotSpam($input: MarkConversationAsNotSpamInput!) {
    markConversationAsNotSpam(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Block = graphql(`
  mutation Block($input: BlockConversationSenderInput!) {
    blockConversationSender(input: $input) { conversation { id ...Row contact { id blocked } } notice userErrors { code message field } }
  }
`);

const Unblock = graphql(`
  mutation Unblock($input: UnblockConversationSenderInput!) {
    unblockConversationSender(input: $input) { conversation { id ...Row contact { id blocked } } userErrors { code message field } }
  }
`);

const Trash = graphql(`
  mutation Trash($input: DeleteConversationInput!) {
    deleteConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Restore = graphql(`
  mutation Restore($input: RestoreConversationInput!) {
    restoreConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Unread = graphql(`
  mutation Unread($input: MarkConversationUnreadInput!) {
    markConversationUnread(input: $input) { conversation { id unread } userErrors { code message field } }
  }
`);

const TakeOver = graphql(`
  mutation TakeOver($input: TakeOverConversationInput!) {
    takeOverConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

/** What can be done with a conversation. What can be undone says so for some seconds. */
export function useActions({ id, revision, assignee, assignedTeam, botState, filtered, snoozedUntil }: RowFragment) {
  const client = useApolloClient();
  const { me } = useSession();
  const toast = useToast();
  const { act, problems, conflict, busy } = useAct();
  const input = { conversationId: id };

  function undoing<Data, Variables extends OperationVariables>(mutation: TypedDocumentNode<Data, Variables>, variables: Variables): Undo {
    return async () => (await perform(client, mutation, variables)).problems;
  }
  async function assign(to: { userId?: string | null; teamId?: string | null }, name: string) {
    const before = { userId: assignee?.id ?? null, teamId: assignedTeam?.id ?? null };
    // Who sees an older assignee than the server has would take it from someone: that is CONFLICT. So it is later, when it is undone.
    const done = await act(Assign, { input: { ...input, ...to, expectedRevision: revision } });
    // Who took it from a bot cannot give it back.
    if (done) toast(`Assigned to ${name}.`, botState === 'ACTIVE' ? undefined : undoing(Assign, { input: { ...input, ...before, expectedRevision: done.assignConversation.conversation?.revision } }));
  }
  return {
    problems,
    conflict,
    busy,
    assign,
    async take() {
      if (assignee || assignedTeam) await assign({ userId: me.id }, me.displayName);
      else {
        const done = await act(Claim, { input });
        if (done) toast(`Assigned to ${me.displayName}.`, botState === 'ACTIVE' ? undefined : undoing(Assign, { input: { ...input, userId: null, expectedRevision: done.claimConversation.conversation?.revision } }));
      }
    },
    async close() {
      if (await act(Close, { input })) toast('Closed.', undoing(Reopen, { input }));
    },
    async reopen() {
      await act(Reopen, { input });
    },
    async snooze(until: string) {
      if (await act(Snooze, { input: { ...input, until } })) toast(`Snoozed until ${new Date(until).toLocaleString()}.`, snoozedUntil ? undoing(Snooze, { input: { ...input, until: snoozedUntil } }) : undoing(Unsnooze, { input }));
    },
    async unsnooze() {
      await act(Unsnooze, { input });
    },
    async spam() {
      if (await act(Spam, { input })) toast('Marked as spam.', filtered.length > 0 ? undefined : undoing(NotSpam, { input })); // it would end the other reasons too
    },
    async notSpam() {
      await act(NotSpam, { input });
    },
    /** True if it was done. */
    async block(how: Omit<BlockConversationSenderInput, 'conversationId'>) {
      const done = await act(Block, { input: { ...input, ...how } });
      if (done) toast(`Blocked. ${done.blockConversationSender.notice ?? ''}`, undoing(Unblock, { input }));
      return !!done;
    },
    async unblock() {
      if (await act(Unblock, { input })) toast('No longer blocked.');
    },
    async trash() {
      if (await act(Trash, { input })) toast('Deleted. It stays in Trash for 30 days.', undoing(Restore, { input }));
    },
    async restore() {
      await act(Restore, { input });
    },
    async unread() {
      if (await act(Unread, { input })) toast('Marked as unread.');
    },
    async takeOver() {
      if (await act(TakeOver, { input })) toast('You have it now. The bot says no more.');
    },
  };
}

export type Actions = ReturnType<typeof useActions>;
