/** Why a template cannot be read: one sentence, the offset in its text, and how long what is meant there is. */
export class SyntaxFault extends Error {
  readonly at: number
  readonly length: number
  readonly fix: string | undefined
  constructor(message: string, at: number, length = 1, fix?: string) {
    super(message)
    this.at = at
    this.length = length
    this.fix = fix
  }
}
