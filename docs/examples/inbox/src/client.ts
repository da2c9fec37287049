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

/** Uploads a file by the GraphQL multipart request specification. `progress` gets how much of it is sent, from 0 to 1. */
export function upload(token: string, document: string, input: object, file: File, progress: (done: number) => void, signal: AbortSignal): Promise<unknown> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: document, variables: { input: { ...input, file: null } } }));
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
  form.set('0', file);
  // fetch says nothing of how far a request is.
  const request = new XMLHttpRequest();
  return new Promise((answered, failed) => {
    request.open('POST', `${server}/graphql`);
    for (const [name, value] of Object.entries(headersOf(token))) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => (request.response ? answered(request.response) : failed(new Error(`The server answered ${request.status}.`)));
    request.onerror = request.onabort = () => failed(new Error('The file was not sent.'));
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}
