// What was just done, for some seconds, with a way to undo it.
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';

/** Undoes it; what went wrong, if anything did. */
export type Undo = () => Promise<string[]>;

interface Toast {
  id: number;
  text: string;
  undo?: Undo;
}

const shownFor = 10_000;

const Context = createContext<(text: string, undo?: Undo) => void>(() => undefined);

export const useToast = () => useContext(Context);

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const last = useRef(0);
  const remove = useCallback((id: number) => setToasts((known) => known.filter((toast) => toast.id !== id)), []);
  const show = useCallback((text: string, undo?: Undo) => {
    const id = ++last.current;
    setToasts((known) => [...known.slice(-2), { id, text, undo }]);
    setTimeout(() => remove(id), shownFor);
  }, [remove]);

  async function take(toast: Toast) {
    remove(toast.id);
    const problems = await toast.undo!();
    show(problems.length ? `It could not be undone: ${problems.join(' ')}` : 'Undone.');
  }
  return (
    <Context value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <p key={toast.id}>
            <span>{toast.text}</span>
            {toast.undo && <button type="button" onClick={() => void take(toast)}>Undo</button>}
            <button type="button" className="plain" aria-label="Dismiss" onClick={() => remove(toast.id)}>✕</button>
          </p>
        ))}
      </div>
    </Context>
  );
}
