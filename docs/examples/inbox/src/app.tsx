import { ContactPage } from './contactpage';
import { Inbox } from './inbox';
import { pageOf } from './pages';
import { SignedIn } from './session';
import { SettingsPage } from './settings';
import { Toasts } from './toast';

export function App() {
  const page = pageOf(location.pathname);
  return (
    <SignedIn>
      <Toasts>
        {page.name === 'contacts' ? <ContactPage id={page.id} /> : page.name === 'settings' ? <SettingsPage inboxId={page.id} /> : <Inbox />}
      </Toasts>
    </SignedIn>
  );
}
