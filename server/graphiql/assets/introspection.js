// Removes from GraphiQL's introspection result what only federation gateways use. Operations in the editor get all of it.

const DIRECTIVES_OF_GRAPHQL = ['include', 'skip', 'deprecated', 'specifiedBy', 'oneOf'];
// _Any, _entities, _FieldSet, link__Purpose, but not __Schema.
const OF_FEDERATION = /^_[^_]|[^_]__[^_]/;

// GraphiQL introspects the schema without a parsed document.
export function isIntrospectionOfGraphiql({ operationName }, document) {
  return operationName === 'IntrospectionQuery' && !document;
}

export function withoutFederation(result) {
  if (!result.data?.__schema) return result;
  const { types, directives, ...schema } = result.data.__schema;
  return {
    ...result,
    data: {
      __schema: {
        ...schema,
        types: types.filter(isOfApi).map((type) => ({ ...type, fields: type.fields?.filter(isOfApi) })),
        directives: directives.filter(({ name }) => DIRECTIVES_OF_GRAPHQL.includes(name)),
      },
    },
  };
}

function isOfApi({ name }) {
  return !OF_FEDERATION.test(name);
}
