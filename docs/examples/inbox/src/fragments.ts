// What several screens select of the same object, so that the cache has all of it.
import { graphql } from './gql';

export const Row = graphql(`
  fragment Row on Conversation {
    id
    revision
    kind
    status
    displayName
    subject
    preview
    unread
    priority
    openedAt
    lastMessageAt
    waitingSince
    snoozedUntil
    closedAt
    filtered
    deletedAt
    botState
    lastIncomingNumber
    canReplyUntil
    contact { id displayName avatarUrl blocked }
    assignee { id displayName avatarUrl }
    assignedTeam { id name }
    tags { id name color }
    inbox { id }
    channel { ... on Node { id } ... on Channel { id name } }
  }
`);

export const MessageParts = graphql(`
  fragment MessageParts on Message {
    id
    number
    direction
    text
    html
    quotedHtml
    hasRemoteImages
    createdAt
    editedAt
    deletedAt
    delivery
    deliveryError
    email { from to cc bcc sendAt }
    author {
      __typename
      ... on User { id displayName avatarUrl }
      ... on Contact { id displayName avatarUrl }
      ... on Visitor { id displayName avatarUrl }
      ... on Bot { id displayName avatarUrl }
      ... on Integration { id displayName avatarUrl }
      ... on SystemActor { displayName avatarUrl }
    }
    cards { kind title description url buttonText imageUrl durationSeconds }
    quickReplies { text }
    annotations { id kind value }
    proposal {
      id
      createdBy { ... on Bot { id displayName } ... on Integration { id displayName } ... on User { id displayName } }
      decidedBy { id displayName }
    }
    attachments { id fileName contentType size url inline scan }
  }
`);

export const TicketParts = graphql(`
  fragment TicketParts on Ticket {
    id
    number
    subject
    priority
    revision
    createdAt
    stage { id name kind }
    owner { id displayName }
  }
`);

export const DealParts = graphql(`
  fragment DealParts on Deal {
    id
    name
    revision
    createdAt
    amount { value currency }
    stage { id name kind }
    owner { id displayName }
  }
`);

export const EngagementParts = graphql(`
  fragment EngagementParts on Engagement {
    id
    kind
    at
    author { ... on User { id displayName } ... on Integration { id displayName } ... on Bot { id displayName } }
    body {
      ... on EngagementNote { text }
      ... on EngagementCall { direction phone callOutcome: outcome seconds text }
      ... on EngagementEmail { subject text }
      ... on EngagementMeeting { title startsAt place meetingOutcome text }
      ... on EngagementTask { title text dueAt doneAt assignee { id displayName } }
    }
  }
`);

export const EventParts = graphql(`
  fragment EventParts on Event {
    id
    sequence
    type
    occurredAt
    changes {
      __typename
      ... on AssigneeChange { toAssignee { id displayName } }
      ... on TeamChange { toTeam { id name } }
      ... on FilteredChange { toFiltered }
      ... on SnoozeChange { toSnoozedUntil }
      ... on PriorityChange { toPriority }
      ... on TagsChange { added { id name } removed { id name } }
    }
    actor {
      __typename
      ... on User { id displayName }
      ... on Contact { id displayName }
      ... on Visitor { id displayName }
      ... on Bot { id displayName }
      ... on Integration { id displayName }
      ... on SystemActor { displayName }
    }
  }
`);

export const DraftParts = graphql(`
  fragment DraftParts on Draft {
    id
    note
    revision
    markdown
    to
    cc
    bcc
    attachments { id fileName }
  }
`);

export const ChatParts = graphql(`
  fragment ChatParts on ChatChannel {
    id
    key
    style { accentColor onAccentColor contrast title position avatarUrl }
    availability { mode replyTime whenAway awayMessage timeZone hours { day from to } holidays { date name } outOfHours outOfHoursMessage }
    defaultLocale
    sendTranscript
    trackingCode
    hasIdentitySecret
    targetedMessages(first: 100) { nodes { id ...ChatMessageParts } }
  }
`);

export const ChatMessageParts = graphql(`
  fragment ChatMessageParts on TargetedMessage {
    id
    name
    state
    position
    audience
    welcomeMarkdown
    stats { shown opened chats }
  }
`);
