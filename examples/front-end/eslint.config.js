import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.CHAT_SCHEMA ?? "../../schema.client.graphql", documents: "documents/*.graphql" } },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/operations-recommended"].rules,
      // Types without an id are parts of the object that contains them: docs/front-end.md, "Normalised caches".
      "@graphql-eslint/require-selections": "error",
    },
  },
];
