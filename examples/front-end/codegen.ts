import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.CHAT_SCHEMA ?? "../../schema.client.graphql",
  documents: "documents/*.graphql",
  emitLegacyCommonJSImports: false, // imports end with .js, as Node resolves them
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: {
        // Writes src/generated/persisted-documents.json: the folder is the server's CHAT_DOCUMENTS.
        persistedDocuments: { hashAlgorithm: "sha256" },
        fragmentMasking: false,
      },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        scalars: { DateTime: "string", ID: "string" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
