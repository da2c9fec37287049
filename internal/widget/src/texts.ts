// The widget's words. The server gives them in the visitor's language; these
// stand in for what it does not give.

import type { Texts } from "./types";

const defaults: Texts = {
  launcher: "Open chat",
  launcherUnread: "Open chat, {count} unread",
  close: "Close chat",
  back: "All conversations",
  title: "Chat",
  placeholder: "Write a message",
  send: "Send",
  sending: "Sending…",
  sent: "Sent",
  seen: "Seen",
  notSent: "Not sent.",
  retry: "Try again",
  discard: "Discard",
  you: "You",
  team: "Team",
  typing: "{name} is typing…",
  earlier: "Show earlier messages",
  conversations: "Your conversations",
  newConversation: "New conversation",
  unread: "{count} unread",
  closed: "This conversation was closed. Write to open it again.",
  empty: "No message yet",
  emailPrompt: "Leave your e-mail address, so that we can answer you there.",
  emailLabel: "E-mail address",
  emailSave: "Save",
  emailContinue: "Continue",
  emailSkip: "Not now",
  emailThanks: "Thank you. We will answer to {email}.",
  emailInvalid: "This is no e-mail address.",
  consentAccept: "I agree",
  consentTitle: "Privacy",
  offline: "You are offline. What you write is sent when you are back.",
  reconnecting: "Connecting again…",
  error: "Something went wrong. Please try again.",
  tooLong: "This message is too long.",
  unavailable: "Chat cannot be reached at the moment.",
  nobody: "There is no chat on this page.",
  messages: "Messages",
  backAt: "Back {time}",
  "replyTime.MINUTES": "Usually answers in a few minutes",
  "replyTime.HOURS": "Usually answers in a few hours",
  "replyTime.DAY": "Usually answers within a day",
};

export type Say = (key: string, values?: Record<string, string | number>) => string;

/** Returns what says a text in the server's words, with {names} filled in; "" if nobody knows the key. */
export function words(given: { key: string; text: string }[]): Say {
  const texts: Texts = { ...defaults };
  for (const { key, text } of given) if (text) texts[key] = text;
  return (key, values = {}) => (texts[key] ?? "").replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}
