// Small parts that all screens use.
import { CombinedGraphQLErrors } from '@apollo/client';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';

/** A picture, or initials; `says` is its text where no name stands beside it. */
export function Avatar({ name, url, says = '' }: { name: string; url?: string | null; says?: string }) {
  const [broken, setBroken] = useState(false);
  if (url && !broken) return <img className="avatar" src={url} alt={says} onError={() => setBroken(true)} referrerPolicy="no-referrer" />;
  const initials = name.split(/\s+/).map((word) => [...word][0]).filter(Boolean).slice(0, 2).join('').toUpperCase();
  return <span className="avatar" {...(says ? { role: 'img', 'aria-label': says } : { 'aria-hidden': true })} data-color={[...name].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 6}>{initials || '?'}</span>;
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const units: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]];

/** A time, as how long ago it was; the whole of it is its title. */
export function Ago({ at }: { at: string }) {
  const date = new Date(at);
  const seconds = (date.getTime() - Date.now()) / 1000;
  const unit = units.find(([, size]) => Math.abs(seconds) >= size);
  const text = unit ? relative.format(Math.trunc(seconds / unit[1]), unit[0]) : 'now';
  return <time dateTime={at} title={date.toLocaleString()}>{Math.abs(seconds) > 30 * 86_400 ? date.toLocaleDateString() : text}</time>;
}

const lasts = units.map(([unit, size]): [number, Intl.NumberFormat] => [size, new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short' })]);

/** How long something has lasted. */
export function Duration({ since }: { since: string }) {
  const seconds = Math.max((Date.now() - new Date(since).getTime()) / 1000, 60);
  const [size, format] = lasts.find(([least]) => seconds >= least)!;
  return <>{format.format(Math.trunc(seconds / size))}</>;
}

/** What could not be loaded, and another try. */
export function Failed({ error, again }: { error: Error; again(): void }) {
  return <div className="failed" role="alert"><p className="problem">{CombinedGraphQLErrors.is(error) ? error.message : 'The server cannot be reached.'}</p><button type="button" onClick={again}>Try again</button></div>;
}

/** A button that opens a menu: arrow keys move in it, Escape closes it. */
export function Menu({ label, title, children, className, hotkey }: { label: ReactNode; title?: string; className?: string; hotkey?: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => root.current?.contains(event.target as Node) || setOpen(false);
    document.addEventListener('pointerdown', away);
    root.current?.querySelector<HTMLElement>('[role=menuitem], input')?.focus();
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);
  function shut() {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  }
  function key(event: React.KeyboardEvent) {
    if (!open) return;
    const items = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape') {
      shut();
    } else if (event.key === 'Tab') {
      setOpen(false);
      return;
    } else if (step && items.length) {
      event.preventDefault();
      items[(items.indexOf(document.activeElement as HTMLElement) + step + items.length) % items.length]?.focus();
    } else return;
    event.stopPropagation();
  }
  return (
    <div className={`menu ${className ?? ''}`} ref={root} onKeyDown={key}>
      <button type="button" aria-haspopup="menu" aria-expanded={open} aria-controls={id} aria-label={title && typeof label === 'string' && label.length > 1 ? `${title}: ${label}` : title} title={title} data-key={hotkey} onClick={() => setOpen(!open)}>{label}</button>
      {open && <div id={id} role="menu" onClick={(event) => (event.target as HTMLElement).closest('[role=menuitem]') && shut()}>{children}</div>}
    </div>
  );
}

export function Item({ children, onClick, disabled }: { children: ReactNode; onClick(): void; disabled?: boolean }) {
  return <button type="button" role="menuitem" tabIndex={-1} disabled={disabled} onClick={onClick}>{children}</button>;
}

/** A dialog over the page; it is open as long as it is rendered. The focus goes back to where it was. */
export function Dialog({ title, close, children }: { title: string; close(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-label={title}>
      <header><h2>{title}</h2><button type="button" className="plain" aria-label="Close" onClick={close}>✕</button></header>
      {children}
    </dialog>
  );
}

/** What a person can correct, as the API says it. */
export function Problems({ of }: { of: readonly string[] }) {
  return of.length > 0 && <ul className="problem" role="alert">{of.map((text) => <li key={text}>{text}</li>)}</ul>;
}

export function Field({ label, children }: { label: string; children: ReactNode }) {
  return <label className="field"><span>{label}</span>{children}</label>;
}

/** An enum's value as words. */
export const words = (value: string) => value.charAt(0) + value.slice(1).toLowerCase().replaceAll('_', ' ');
