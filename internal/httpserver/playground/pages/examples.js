// The operations that both pages begin with.

export const examples = [
  {
    title: "Who am I, and what can I see",
    query: `# Paste a token above or sign in, then run this with Ctrl+Enter.
query Me {
  viewer {
    kind
    account { id name }
  }
  inboxes { nodes { id name } }
}
`,
  },
  {
    title: "Open conversations of a view",
    query: `query Conversations($inbox: ID, $after: String) {
  conversations(
    inboxId: $inbox
    view: {builtIn: UNASSIGNED}
    filter: { statuses: [OPEN] }
    orderBy: ACTIVITY_DESC
    first: 20
    after: $after
  ) {
    edges {
      cursor
      node { id status preview contact { name } lastMessageAt }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: `{ "inbox": null, "after": null }`,
  },
  {
    title: "Answer a conversation",
    query: `mutation Answer($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id text createdAt }
    userErrors { code message field }
  }
}
`,
    variables: `{ "input": { "conversationId": "conversation_...", "text": "Hello!" } }`,
  },
  {
    title: "Create an inbox",
    query: `mutation CreateInbox($input: CreateInboxInput!) {
  createInbox(input: $input) {
    inbox { id name }
    userErrors { code message field }
  }
}
`,
    variables: `{ "input": { "name": "Support" } }`,
  },
  {
    title: "The event log from its beginning",
    query: `query Events($after: Sequence!) {
  events(after: $after, first: 20) {
    nodes { sequence type occurredAt changes { __typename ... on StatusChange { fromStatus toStatus } ... on OtherFieldChange { field from to } } }
    scannedTo
  }
}
`,
    variables: `{ "after": 0 }`,
  },
];
