// Who works here: the token, kept for this tab alone, or the session of whoever is signed in; and what they may do.
import { ApolloProvider } from '@apollo/client/react';
import { createContext, useContext, useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { connect, server, type Connection } from './client';
import { forget } from './device';
import { graphql } from './gql';
import type { StartQuery } from './gql/graphql';

const Start = graphql(`
  query Start {
    viewer {
      id
      kind
      account { id name }
      user { id displayName avatarUrl role }
    }
    inboxes(first: 100) {
      nodes { id name viewCounts { id view open unread } }
    }
  }
`);

export interface Session {
  token: string;
  online: boolean;
  me: NonNullable<StartQuery['viewer']['user']>;
  inboxes: StartQuery['inboxes']['nodes'];
  leave(): void;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error('outside of a session');
  return session;
}

/** A token is for one server: it goes to no other that the page's address names. */
const stored = `parley-token ${server}`;
/** Kept for this tab once someone went to sign in: they may have a session when they come back. */
const signingIn = 'parley-signing-in';

export function SignedIn({ children }: { children: ReactNode }) {
  // '': by the session of whoever is signed in; null: no one is.
  const [token, setToken] = useState(() => sessionStorage.getItem(stored) ?? (sessionStorage.getItem(signingIn) && ''));
  const [connection, setConnection] = useState<Connection | null>(null);
  const [start, setStart] = useState<StartQuery | null>(null);
  const [online, setOnline] = useState(true);
  const [problem, setProblem] = useState('');

  async function leave(why = '') {
    if (token === '' && !why) await fetch(`${server}/auth/logout`, { method: 'POST' }).catch(() => undefined);
    if (!why) await forget().catch(() => undefined);
    sessionStorage.removeItem(stored);
    sessionStorage.removeItem(signingIn);
    setToken(null);
    setStart(null);
    setProblem(why);
  }

  useEffect(() => {
    if (token === null) return;
    const made = connect(token, setOnline);
    let current = true;
    made.client.query({ query: Start }).then(
      ({ data }) => {
        if (!current) return;
        if (!data?.viewer.user) return void leave('This token is not one of a person.');
        if (token) sessionStorage.setItem(stored, token);
        setConnection(made);
        setStart(data);
      },
      (error: Error) => void (current && leave(error.message)),
    );
    return () => {
      current = false;
      made.close();
    };
  }, [token]);

  if (token === null) return <SignIn problem={problem} enter={setToken} />;
  if (!connection || !start?.viewer.user) return <p className="empty" role="status">Signing in …</p>;
  const session = { token, online, me: start.viewer.user, inboxes: start.inboxes.nodes, leave: () => void leave() };
  return (
    <ApolloProvider client={connection.client}>
      <Context value={session}>{children}</Context>
    </ApolloProvider>
  );
}

function SignIn({ problem, enter }: { problem: string; enter(token: string): void }) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    enter(String(new FormData(event.currentTarget).get('token')).trim());
  }
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>Inbox</h1>
        <label>
          Token
          <input name="token" type="password" autoComplete="off" required autoFocus />
        </label>
        <p className="hint">
          <code>parley token</code> makes one for a person of the team. It stays in this tab. Server: {server}
        </p>
        {problem && <p className="problem" role="alert">{problem}</p>}
        <button className="primary">Enter</button>
        {server === location.origin && (
          <p>
            <a href={`/auth/login?return=${encodeURIComponent(location.pathname + location.search)}`} onClick={() => sessionStorage.setItem(signingIn, '1')}>
              Sign in without a token
            </a>
          </p>
        )}
      </form>
    </main>
  );
}
