import { Inbox } from './inbox';
import { ContactPage } from './contactpage';
import { SignedIn } from './session';

export function App() {
  const contact = new URLSearchParams(location.search).get('contact');
  return <SignedIn>{contact ? <ContactPage id={contact} /> : <Inbox />}</SignedIn>;
}
