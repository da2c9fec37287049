// Whom an e-mail goes to, beside those of a reply.
import { useEffect, useRef, useState } from 'react';
import type { Content } from './draft';
import { Field } from './ui';

const fields = [['to', 'To'], ['cc', 'Cc'], ['bcc', 'Bcc']] as const;

export function Recipients({ content, change }: { content: Content; change(part: Partial<Content>): void }) {
  const [open, setOpen] = useState(false);
  if (!open && !content.to && !content.cc && !content.bcc) return <p><button type="button" className="link" onClick={() => setOpen(true)}>Cc, Bcc</button></p>;
  return (
    <div className="recipients">
      {fields.map(([name, label]) => <Addresses key={name} label={label} value={content[name]} placeholder={name === 'to' ? 'As a reply to all' : ''} change={(list) => change({ [name]: list })} />)}
    </div>
  );
}

/** Addresses with commas between them: the browser says which one is none. */
function Addresses({ label, value, placeholder, change }: { label: string; value: string[] | null; placeholder: string; change(list: string[] | null): void }) {
  const known = value?.join(', ') ?? '';
  const [text, setText] = useState(known);
  const field = useRef<HTMLInputElement>(null);
  // What was sent, or written in another window, shows, but not under one's hands.
  useEffect(() => {
    if (document.activeElement !== field.current) setText(known);
  }, [known]);
  return (
    <Field label={label}>
      <input
        ref={field}
        type="email"
        multiple
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          setText(event.target.value);
          if (!event.target.validity.valid) return;
          const list = event.target.value.split(',').map((one) => one.trim()).filter(Boolean);
          change(list.length ? list : null);
        }}
      />
    </Field>
  );
}
