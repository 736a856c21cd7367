/** What a program says, and what that means: the cause and what to do, made of the parts of what it said. */
export type Saying = { says: RegExp; means(...parts: string[]): { cause: string; fix: string } }
