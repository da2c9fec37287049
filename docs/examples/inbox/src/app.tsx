import { Component, type ReactNode } from 'react';
import { ContactPage } from './contactpage';
import { Inbox } from './inbox';
import { pageOf } from './pages';
import { SignedIn } from './session';
import { SettingsPage } from './settings';
import { Toasts } from './toast';

export function App() {
  const page = pageOf(location.pathname);
  return (
    <Unbroken>
      <SignedIn>
        <Toasts>
          {page.name === 'contacts' ? <ContactPage id={page.id} /> : page.name === 'settings' ? <SettingsPage inboxId={page.id} /> : <Inbox />}
        </Toasts>
      </SignedIn>
    </Unbroken>
  );
}

/** What cannot be drawn is said, in place of an empty page. */
class Unbroken extends Component<{ children: ReactNode }, { broken: boolean }> {
  state = { broken: false };
  static getDerivedStateFromError = () => ({ broken: true });
  render() {
    if (!this.state.broken) return this.props.children;
    return <main className="failed" role="alert"><p>Something went wrong here. What you wrote is kept as a draft.</p><button type="button" onClick={() => location.reload()}>Load again</button></main>;
  }
}
