// Hive's gateway as it comes: what it forwards, and subscriptions as server-sent events from the subgraph.
import { defineConfig } from "@graphql-hive/gateway";

export const gatewayConfig = defineConfig({
  propagateHeaders: { fromClientToSubgraphs: ({ request }) => authorization(request) },
});

function authorization(request) {
  const token = request.headers.get("authorization");
  return token ? { authorization: token } : {};
}
