// GraphiQL on this server's own API, with the token in every request. The
// WebSocket's address is set for subscriptions.
import { examples } from "./examples.js";
import { authorization, tokenField } from "./token.js";

const { React, ReactDOM, GraphiQL } = window;
const socket = new URL("/graphql", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";

const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const tabs = examples.map(({ query, variables = "" }) => ({ query, variables, headers: "" }));

// A fetcher holds one token: another token makes another fetcher, and GraphiQL
// then reads the schema anew.
function render() {
  const fetcher = GraphiQL.createFetcher({
    url: "/graphql",
    subscriptionUrl: socket.href,
    headers: authorization(),
    wsConnectionParams: authorization(),
    enableIncrementalDelivery: false,
  });
  root.render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultTabs: tabs,
      defaultEditorToolsVisibility: "variables",
      defaultQuery: "# Ctrl+Space completes, Ctrl+Enter runs.\n",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      inputValueDeprecation: true,
    }),
  );
}

tokenField(document.getElementById("token"), render);
render();
