// How this inbox talks to Parley: queries and mutations over HTTP, live results over
// one WebSocket.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, type TypePolicies } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import possibleTypes from './gql/possibleTypes.json';
import { typePolicies } from './gql/typePolicies';

/** Where Parley is: `?server=` in the page's address, else where the page comes from. */
export const server = new URLSearchParams(location.search).get('server') ?? import.meta.env.VITE_PARLEY ?? location.origin;

export interface Connection {
  client: ApolloClient;
  close(): void;
}

/** The headers of a request: the token; without one, that it is made by the session of whoever is signed in. */
const headersOf = (token: string): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : { 'Parley-Session': '1' });

/** `online` is called with each change of the socket. */
export function connect(token: string, online: (connected: boolean) => void): Connection {
  const headers = headersOf(token);
  const socket = createClient({
    url: `${server.replace(/^http/, 'ws')}/graphql`,
    connectionParams: headers,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    on: { connected: () => online(true), closed: () => online(false) },
  });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: `${server}/graphql`, headers }),
  );
  const client = new ApolloClient({
    link,
    cache: new InMemoryCache({ possibleTypes, typePolicies: typePolicies as TypePolicies }),
    defaultOptions: { watchQuery: { fetchPolicy: 'cache-and-network' } },
  });
  return {
    client,
    close() {
      void socket.dispose();
      client.stop();
    },
  };
}

/** Uploads a file by the GraphQL multipart request specification. */
export async function upload(token: string, document: string, input: object, file: File): Promise<unknown> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: document, variables: { input: { ...input, file: null } } }));
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
  form.set('0', file);
  const response = await fetch(`${server}/graphql`, { method: 'POST', headers: headersOf(token), body: form });
  return response.json();
}
