/** Why a template cannot be read: one sentence, the offset in its text, and how long what is meant there is. */
export class SyntaxFault extends Error {
  readonly at: number
  readonly length: number
  readonly fix: string | undefined
  /** The name that was looked for, and those that there are: for who can say which was meant. */
  readonly near: { name: string; known: string[] } | undefined
  constructor(message: string, at: number, length = 1, fix?: string, near?: { name: string; known: string[] }) {
    super(message)
    this.at = at
    this.length = length
    this.fix = fix
    this.near = near
  }
}
