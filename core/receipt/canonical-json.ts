export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * One text for one value: keys by name, no white space, and nothing that JSON can not say. Whoever parses a line and
 * writes it again gets the same bytes, so a line that was put differently is seen as altered.
 */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: JsonValue): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} can not be written as JSON`);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(sorted);
  const names = Object.keys(value).sort();
  // Without a prototype, so that no name means anything special.
  const result = Object.create(null) as Record<string, JsonValue>;
  for (const name of names) {
    const inner = value[name];
    if (inner !== undefined) result[name] = sorted(inner);
  }
  return result;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
