// Hive's gateway: the reader's token goes to every subgraph; subscriptions come as server-sent events from the chat.
import { defineConfig } from "@graphql-hive/gateway";

export const gatewayConfig = defineConfig({
  propagateHeaders: { fromClientToSubgraphs: ({ request }) => authorization(request) },
});

function authorization(request) {
  const token = request.headers.get("authorization");
  return token ? { authorization: token } : {};
}
