// The operations of the public API that the widget uses, and no others. They and those of
// deskops.ts are trusted documents of every server: constants without code.

const file = "id fileName contentType size url scan";
const message = `id number authorName authorAvatarUrl direction byEmail text replyTo { id text } createdAt seen attachments { ${file} } cards { kind title description url buttonText imageUrl durationSeconds } quickReplies { text } asksForEmail awaitsAnswer`;
const page = `edges { cursor node { ${message} } } pageInfo { hasPreviousPage startCursor }`;
const errors = "userErrors { code message field }";

const conversation = "id cursor status unread continuedElsewhere assignee { name avatarUrl } ratingQuestion { scale text }";

// What to show on a page, and, to a visitor who was here before, where they were: all that a page needs to begin.
export const showWidget = `query Widget($key: String!, $page: URL!, $small: Boolean, $locale: String, $known: Boolean!, $last: ID!, $goesOn: Boolean!) {
  widget(channelKey: $key, pageUrl: $page, smallScreen: $small, locale: $locale) {
    channelKey title locale direction launcherHidden unread matchesQuery matchesFragment
    style { accentColor position avatarUrl }
    texts { key text }
    visitor { id name email identified }
    availability { state text replyTime backAt }
    targetedMessage {
      id version welcomeMessage openByItself openAfterSeconds openAfterScroll openAtLeaving smallScreen
      heading { name avatarUrl people { name avatarUrl } }
      emailCapture { timing delaySeconds text needed fields { key label kind options { value label } required when } }
      consent { processing { mode text version accepted } communication { text version } }
    }
  }
  visitorConversations @include(if: $known) { nodes { ${conversation} messages(last: 1) { ${page} } } }
  visitorConversation(id: $last) @include(if: $goesOn) { ${conversation} messages(last: 50) { ${page} } }
}`;

export const startSession = `mutation Session($input: StartVisitorSessionInput!) {
  startVisitorSession(input: $input) { token visitor { id name email identified } ${errors} }
}`;

export const listConversations = `query Conversations {
  visitorConversations { nodes { ${conversation} messages(last: 1) { ${page} } } }
}`;

export const loadConversation = `query Conversation($id: ID!, $before: String) {
  visitorConversation(id: $id) { ${conversation} messages(last: 50, before: $before) { ${page} } }
}`;

export const startChat = `mutation StartChat($input: StartChatInput!) {
  startChat(input: $input) { conversation { ${conversation} messages(last: 50) { ${page} } } ${errors} }
}`;

export const sendMessage = `mutation Send($input: SendVisitorMessageInput!) {
  sendVisitorMessage(input: $input) { message { ${message} } conversation { id status } ${errors} }
}`;

export const uploadFile = `mutation Upload($input: UploadVisitorAttachmentInput!) {
  uploadVisitorAttachment(input: $input) { attachment { id fileName contentType size } ${errors} }
}`;

export const endSession = `mutation End($input: EndVisitorSessionInput!) {
  endVisitorSession(input: $input) { ${errors} }
}`;

export const mailCode = `mutation Code($input: RequestVisitorEmailCodeInput!) {
  requestVisitorEmailCode(input: $input) { visitor { id name email identified } ${errors} }
}`;

export const proveEmail = `mutation Prove($input: ProveVisitorEmailInput!) {
  proveVisitorEmail(input: $input) { token visitor { id name email identified } ${errors} }
}`;

export const captureEmail = `mutation Email($input: CaptureVisitorEmailInput!) {
  captureVisitorEmail(input: $input) { visitor { id name email identified } ${errors} }
}`;

export const submitFields = `mutation Fields($input: SubmitVisitorFieldsInput!) {
  submitVisitorFields(input: $input) { visitor { id name email identified } ${errors} }
}`;

export const setProperties = `mutation Properties($input: SetVisitorPropertiesInput!) {
  setVisitorProperties(input: $input) { visitor { id name email identified } ${errors} }
}`;

export const recordConsent = `mutation Consent($input: RecordVisitorConsentInput!) {
  recordVisitorConsent(input: $input) { ${errors} }
}`;

export const recordView = `mutation View($input: RecordWidgetViewInput!) {
  recordWidgetView(input: $input) { ${errors} }
}`;

// A visit of a page: the session goes on, the page is kept, and what was shown is counted.
export const visitPage = `mutation Visit($session: StartVisitorSessionInput!, $renews: Boolean!, $page: TrackPageViewInput!, $tracks: Boolean!, $view: RecordWidgetViewInput!, $shows: Boolean!) {
  startVisitorSession(input: $session) @include(if: $renews) { token visitor { id name email identified } ${errors} }
  trackPageView(input: $page) @include(if: $tracks) { ${errors} }
  recordWidgetView(input: $view) @include(if: $shows) { ${errors} }
}`;

export const setTyping = `mutation Typing($input: SetTypingInput!) {
  setTyping(input: $input) { ${errors} }
}`;

export const markRead = `mutation Read($input: MarkVisitorConversationReadInput!) {
  markVisitorConversationRead(input: $input) { conversation { id unread } ${errors} }
}`;

export const rate = `mutation Rate($input: RateConversationInput!) {
  rateConversation(input: $input) { conversation { id } ${errors} }
}`;

export const follow = `subscription Follow($id: ID!, $after: String) {
  visitorConversation(conversationId: $id, after: $after) {
    __typename
    ... on VisitorMessageChange { cursor kind message { ${message} } }
    ... on VisitorTyping { authorName typing }
    ... on VisitorStatusChange { cursor status }
    ... on VisitorQueueChange { queuePosition }
    ... on VisitorConversationContinued { conversation { id } }
  }
}`;
