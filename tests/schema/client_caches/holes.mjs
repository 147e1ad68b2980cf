// Returns the paths at which a cached result has nothing, but the server's has something.
export function holes(cached, fresh, path = '') {
  if (fresh === null || fresh === undefined) return [];
  if (cached === null || cached === undefined) return [path];
  if (typeof fresh !== 'object') return [];
  return Object.keys(fresh).flatMap((key) => holes(cached[key], fresh[key], `${path}.${key}`));
}
