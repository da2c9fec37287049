// What administrators come for, step by step. Each recipe is a tab: its operations run from
// top to bottom (the cursor is in the one that runs), on what this account has.

/** What the recipes are about: this account's first inbox, and what is in it. */
export const placesQuery = `{
  viewer { user { id } }
  inboxes(first: 1) { nodes { id chatChannel { id targetedMessages(first: 20) { nodes { id routing { rules { target } } } } } } }
}`;

/** What stands in the variables where the account has nothing, or no one has signed in. */
export const unknown = { userId: "user_...", inboxId: "inbox_...", channelId: "channel_...", messageId: "targetedmessage_..." };

/** The places of an answer to placesQuery: only those that there are. */
export function placesOf(data) {
  const inbox = data?.inboxes?.nodes[0];
  const chat = inbox?.chatChannel;
  const messages = chat?.targetedMessages.nodes ?? [];
  const message = messages.find(({ routing }) => routing.rules.length > 0) ?? messages[0];
  const found = { userId: data?.viewer?.user?.id, inboxId: inbox?.id, channelId: chat?.id, messageId: message?.id };
  return Object.fromEntries(Object.entries(found).filter(([, id]) => id));
}

export const recipes = [
  {
    title: "What is still to set up",
    query: `# Paste a token above or sign in, then run this with Ctrl+Enter.
# Each step that is not done says which mutation does it, with an example.
query Setup {
  viewer { kind user { name } account { name } }
  inboxes {
    nodes {
      id
      name
      setup { what state text fixWith { mutation example } }
    }
  }
}
`,
    variables: () => ({}),
  },
  {
    title: "Set up an inbox with chat in 8 steps",
    query: `# Run the steps one after the other, and put the id that a step answers into the variables.

# 1. An inbox. Put its id into inboxId.
mutation SetUpChat1_CreateInbox($name: String!) {
  createInbox(input: { name: $name }) {
    inbox { id name }
    userErrors { code message field }
  }
}

# 2. Who works in it.
mutation SetUpChat2_AddMembers($inboxId: ID!, $userId: ID!) {
  updateInboxMembers(input: { inboxId: $inboxId, addUserIds: [$userId] }) {
    inbox { members(first: 10) { nodes { id name } } }
    userErrors { code message field }
  }
}

# 3. Its chat channel. Put its id into channelId.
mutation SetUpChat3_CreateChatChannel($inboxId: ID!) {
  createChatChannel(input: { inboxId: $inboxId }) {
    chatChannel { id key }
    userErrors { code message field }
  }
}

# 4. How the widget looks.
mutation SetUpChat4_Style($channelId: ID!) {
  updateChatChannel(input: { channelId: $channelId, title: "Support", accentColor: "#2f5bd7" }) {
    chatChannel { style { title accentColor } }
    userErrors { code message field }
  }
}

# 5. When someone is there.
mutation SetUpChat5_Hours($channelId: ID!) {
  updateChatChannelAvailability(
    input: {
      channelId: $channelId
      mode: OPERATING_HOURS
      timeZone: "Europe/Berlin"
      hours: [
        { day: MONDAY, from: "09:00", to: "17:00" }
        { day: TUESDAY, from: "09:00", to: "17:00" }
        { day: WEDNESDAY, from: "09:00", to: "17:00" }
        { day: THURSDAY, from: "09:00", to: "17:00" }
        { day: FRIDAY, from: "09:00", to: "17:00" }
      ]
      outOfHours: RETURN_TIME
    }
  ) {
    chatChannel { id }
    userErrors { code message field }
  }
}

# 6. What greets visitors, and who gets their chats. Put its id into messageId.
mutation SetUpChat6_CreateMessage($channelId: ID!, $userId: ID!) {
  createTargetedMessage(
    input: {
      channelId: $channelId
      name: "Welcome"
      welcomeMessage: "Hello! How can we help?"
      routing: { rules: [{ target: USERS, userIds: [$userId] }] }
    }
  ) {
    targetedMessage { id state }
    userErrors { code message field }
  }
}

# 7. From now on it is shown.
mutation SetUpChat7_Publish($messageId: ID!) {
  publishTargetedMessage(input: { targetedMessageId: $messageId }) {
    targetedMessage { id state }
    userErrors { code message field }
  }
}

# 8. What goes into the pages of your site, before </body>.
query SetUpChat8_TrackingCode($channelId: ID!) {
  node(id: $channelId) { ... on ChatChannel { trackingCode } }
}
`,
    // What a step makes is not what there is already: a step that was forgotten changes nothing.
    variables: ({ userId }) => ({
      name: `Support ${new Date().toISOString().slice(0, 19)}`,
      userId,
      inboxId: "inbox_... of step 1",
      channelId: "channel_... of step 3",
      messageId: "targetedmessage_... of step 6",
    }),
  },
  {
    title: "Connect team mail",
    query: `# 1. What there is, and what one agrees to.
query ConnectMail1_Channels($inboxId: ID!) {
  emailChannelNotice
  inbox(id: $inboxId) { emailChannels(first: 10) { nodes { id address provider state stateDetail forwardingAddress } } }
}

# 2. An address that forwards to Parley works without a password. With GMAIL or MICROSOFT the payload has
# an authorizationUrl, at which you sign in; with IMAP give imap, smtp and password, and forget what you typed (above).
mutation ConnectMail2_Begin($inboxId: ID!, $address: EmailAddress!) {
  beginEmailChannel(input: { inboxId: $inboxId, provider: FORWARDING, address: $address, acceptTerms: true }) {
    emailChannel { id address forwardingAddress state }
    authorizationUrl
    userErrors { code message field }
  }
}

# 3. Forward the mailbox to forwardingAddress. Once a mail has come, the state is CONNECTED.
query ConnectMail3_State($inboxId: ID!) {
  inbox(id: $inboxId) { setup { what state text } emailChannels(first: 10) { nodes { address state confirmation { code url } } } }
}
`,
    variables: ({ inboxId }) => ({ inboxId, address: `support-${Date.now().toString(36)}@example.com` }),
  },
  {
    title: "Target the pricing page",
    query: `# 1. A message of its own, for pages whose address contains /pricing. Put its id into messageId.
mutation TargetPricing1_Create($channelId: ID!) {
  createTargetedMessage(
    input: {
      channelId: $channelId
      name: "Prices"
      welcomeMessage: "Questions about our prices?"
      rules: [{ url: { operator: CONTAINS, value: "/pricing" } }]
      display: { openByItself: true }
    }
  ) {
    targetedMessage { id state }
    userErrors { code message field }
  }
}

# 2. It is shown from now on.
mutation TargetPricing2_Publish($messageId: ID!) {
  publishTargetedMessage(input: { targetedMessageId: $messageId }) {
    targetedMessage { id state }
    userErrors { code message field }
  }
}

# 3. Which message a page gets, and why the others are not it.
query TargetPricing3_Preview($channelId: ID!, $pageUrl: URL!) {
  targetedMessagePreview(input: { channelId: $channelId, pageUrl: $pageUrl }) {
    shown { name welcomeMessage }
    verdicts(first: 20) { nodes { targetedMessage { name state } outcome earlier { name } } }
    warnings(first: 20) { nodes { kind targetedMessage { name } reason } }
  }
}
`,
    variables: ({ channelId }) => ({ channelId, messageId: "targetedmessage_... of step 1", pageUrl: "https://shop.example.com/pricing" }),
  },
  {
    title: "Who got this chat, and why",
    query: `# 1. The newest chats: how each was routed, and why each of the others was passed over.
query WhoGotIt1_Decisions($inboxId: ID!) {
  conversations(inboxId: $inboxId, view: { builtIn: CHAT }, first: 3) {
    nodes {
      id
      preview
      assignee { name }
      routingDecisions(first: 5) {
        nodes {
          decidedAt
          trigger
          rule
          target
          assignee { name }
          candidates(first: 10) { nodes { user { name } chosen skipped } }
        }
      }
    }
  }
}

# 2. Who would get a chat that begins now. Nothing is stored.
query WhoGotIt2_Preview($messageId: ID!) {
  routingPreview(input: { conversation: { targetedMessageId: $messageId } }) {
    rule
    target
    assignee { name }
    candidates(first: 10) { nodes { user { name } chosen skipped } }
  }
}
`,
    variables: ({ inboxId, messageId }) => ({ inboxId, messageId }),
  },
  {
    title: "Why was this mail filtered",
    query: `# What is in Filtered, and why. BLOCKED_SENDER is undone by unblockConversationSender, all else by
# markConversationAsNotSpam, and for all later mail of a sender by updateEmailAllowList.
query WhyFiltered($inboxId: ID!) {
  conversations(inboxId: $inboxId, view: { builtIn: FILTERED }, first: 10) {
    nodes {
      id
      subject
      preview
      filtered
      contact { name email }
    }
  }
}
`,
    variables: ({ inboxId }) => ({ inboxId }),
  },
];
