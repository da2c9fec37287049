// How a chat looks, its options, and the code that brings it into a site.
import { useState, type FormEvent } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { ChatPartsFragment } from './gql/graphql';
import { useToast } from './toast';
import { Field, Problems } from './ui';

const UpdateChat = graphql(`
  mutation UpdateChat($input: UpdateChatChannelInput!) {
    updateChatChannel(input: $input) { chatChannel { id ...ChatParts } userErrors { code message field } }
  }
`);

const SendCode = graphql(`
  mutation SendCode($input: SendTrackingCodeInput!) {
    sendTrackingCode(input: $input) { chatChannel { id } userErrors { code message field } }
  }
`);

interface Props {
  chat: ChatPartsFragment;
}

export function Style({ chat }: Props) {
  const { style } = chat;
  const { act, problems, busy } = useAct();
  const toast = useToast();
  const [color, setColor] = useState(style.accentColor);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name)).trim() || null;
    const input = { channelId: chat.id, title: text('title'), accentColor: color, position: form.get('position') as 'LEFT' | 'RIGHT', avatarUrl: text('avatarUrl') };
    if (await act(UpdateChat, { input })) toast('Saved.');
  }
  return (
    <section id="style" aria-labelledby="style-title">
      <h2 id="style-title">Style</h2>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Title"><input name="title" maxLength={200} defaultValue={style.title ?? ''} dir="auto" /></Field>
        <Field label="Colour"><span className="pair"><input type="color" value={color} onChange={(event) => setColor(event.target.value)} /><output>{color}</output></span></Field>
        {style.contrast < 3 && <p className="warning">The launcher is hard to see on a white page.</p>}
        <Field label="Side of the page"><select name="position" defaultValue={style.position}><option value="LEFT">Left</option><option value="RIGHT">Right</option></select></Field>
        <Field label="Address of the team's picture"><input name="avatarUrl" type="url" defaultValue={style.avatarUrl ?? ''} /></Field>
        <Problems of={problems} />
        <div className="actions"><button className="primary" disabled={busy}>Save style</button></div>
      </form>
    </section>
  );
}

export function Options({ chat }: Props) {
  const { act, problems, busy } = useAct();
  const toast = useToast();
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const locale = String(new FormData(event.currentTarget).get('defaultLocale')).trim() || null;
    if (await act(UpdateChat, { input: { channelId: chat.id, defaultLocale: locale } })) toast('Saved.');
  }
  return (
    <section id="options" aria-labelledby="options-title">
      <h2 id="options-title">Options</h2>
      <label className="switch"><input type="checkbox" role="switch" disabled={busy} checked={chat.sendTranscript} onChange={(event) => void act(UpdateChat, { input: { channelId: chat.id, sendTranscript: event.target.checked } })} /> Visitors get a transcript by e-mail when a chat is closed</label>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Language where a visitor's has no texts"><input name="defaultLocale" defaultValue={chat.defaultLocale} placeholder="en" /></Field>
        <Problems of={problems} />
        <div className="actions"><button className="primary" disabled={busy}>Save options</button></div>
      </form>
    </section>
  );
}

export function Code({ chat }: Props) {
  const { act, problems, busy } = useAct();
  const toast = useToast();
  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get('email'));
    if (await act(SendCode, { input: { channelId: chat.id, email } })) toast(`The code goes to ${email}.`);
  }
  const copy = () => navigator.clipboard.writeText(chat.trackingCode).then(() => toast('Copied.'), () => toast('The browser does not allow copying: select the code by hand.'));
  return (
    <section id="code" aria-labelledby="code-title">
      <h2 id="code-title">Code</h2>
      <p className="hint">It goes into each page of the site, before &lt;/body&gt;.</p>
      <pre tabIndex={0} dir="ltr">{chat.trackingCode}</pre>
      <button type="button" onClick={() => void copy()}>Copy</button>
      <form onSubmit={(event) => void send(event)}>
        <Field label="Or mail it to a developer"><input name="email" type="email" required /></Field>
        <Problems of={problems} />
        <div className="actions"><button disabled={busy}>Send</button></div>
      </form>
    </section>
  );
}
