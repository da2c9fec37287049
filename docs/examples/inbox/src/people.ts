// Who can get a conversation of an inbox.
import { graphql } from './gql';

export const People = graphql(`
  query People($inboxId: ID!) {
    inbox(id: $inboxId) {
      id
      members(first: 100) { nodes { id displayName availability } }
      teams(first: 100) { nodes { id name } }
    }
  }
`);
