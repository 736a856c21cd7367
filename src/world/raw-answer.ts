/** An answer as it came, when, and with which facets. */
export type RawAnswer = { raw: unknown; facets: Set<string>; at: number }
