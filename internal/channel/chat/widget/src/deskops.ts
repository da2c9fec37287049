// The operations of the public API that the demo page uses, and no others. They and those
// of operations.ts are trusted documents of every server: constants without code.

const errors = "userErrors { code message field }";

export const listInboxes = `query Inboxes {
  inboxes(first: 100) { nodes { id name chatChannel { id key targetedMessages { nodes { state } } } } }
}`;

export const createMessage = `mutation Create($input: CreateTargetedMessageInput!) {
  createTargetedMessage(input: $input) { targetedMessage { id } ${errors} }
}`;

export const publishMessage = `mutation Publish($input: PublishTargetedMessageInput!) {
  publishTargetedMessage(input: $input) { targetedMessage { id } ${errors} }
}`;

export const listConversations = `query List($inbox: ID!) {
  conversations(inboxId: $inbox, view: {builtIn: ALL}, first: 30) { edges { node { id preview status unread contact { name email } } } }
}`;

export const loadThread = `query Thread($id: ID!) {
  conversation(id: $id) { id status messages(last: 100) { edges { node { id direction text attachments { id fileName url } } } } }
}`;

export const followEvents = `subscription Events($inbox: ID!) { events(inboxIds: [$inbox]) { sequence } }`;

export const followPresence = `subscription Presence($id: ID!) {
  conversationPresence(conversationId: $id) { typing actor { __typename } }
}`;

export const claim = `mutation Claim($input: ClaimConversationInput!) { claimConversation(input: $input) { ${errors} } }`;

export const close = `mutation Close($input: CloseConversationInput!) { closeConversation(input: $input) { ${errors} } }`;

export const setTyping = `mutation Typing($input: SetTypingInput!) { setTyping(input: $input) { ${errors} } }`;

export const sendMessage = `mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { ${errors} } }`;

export const markRead = `mutation Read($input: MarkConversationReadInput!) { markConversationRead(input: $input) { ${errors} } }`;
