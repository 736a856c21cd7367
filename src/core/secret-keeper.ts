/** Knows the secrets of a run, and replaces them in text. */
export type SecretKeeper = {
  /** From now on this value is a secret, in any writing. One that is shorter than `shortestSecret` is not looked for. */
  add(secret: string): void
  /** The text with every secret in it replaced. */
  text(text: string): string
  /** The same for plain data, as deep as it goes: texts, names of members, and numbers that are a secret. */
  value<T>(value: T): T
}
