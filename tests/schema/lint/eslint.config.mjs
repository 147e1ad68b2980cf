// The rules for the schema: schema-recommended and schema-relay of graphql-eslint, with the exceptions below.

import graphql from "@graphql-eslint/eslint-plugin";

const { configs, parser } = graphql;

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema: "schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...configs["flat/schema-recommended"].rules,
      ...configs["flat/schema-relay"].rules,

      // Most lists are read forwards only: the newest notifications, the members by name.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],

      // There is no interface `Node`: two subgraphs that define one with different fields do not compose, and
      // `Query.node` cannot exist in two subgraphs. Short lists, such as the reactions of a message, are no connections,
      // and each connection has `nodes` beside its edges.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],

      // Objects without an identity are parts of the object that contains them (docs/front-end.md, "Normalised caches").
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Payload", "Connection", "Edge", "Card", "Permissions", "Avatar", "Added", "Change"],
            types: [
              "ChatForwardedFrom",
              "ChatMessageRetention",
              "ChatMessageSearchResult",
              "ChatNotificationDecision",
              "ChatQuietHours",
              "ChatSkippedInput",
              "ChatStatus",
              "ChatSystemEvent",
              "ChatUserError",
              "PageInfo",
              "SharePreview",
            ],
          },
        },
      ],
    },
  },
];
