// The same, with subscriptions from the chat over a socket, where the token goes into connection_init.
import { defineConfig } from "@graphql-hive/gateway";

import { gatewayConfig as plain } from "./hive_over_sse.mjs";

export const gatewayConfig = defineConfig({
  ...plain,
  transportEntries: {
    chat: {
      options: {
        subscriptions: {
          kind: "ws",
          location: "/graphql",
          options: { connectionParams: { authorization: "{context.headers.authorization}" } },
        },
      },
    },
  },
});
