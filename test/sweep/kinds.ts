import { answersOf } from './answers.ts'
import { configurations } from './configurations.ts'
import { playbookInputs } from './playbook-inputs.ts'
import { remembered } from './remembered.ts'

/** One kind of input: what valid ones are, and how the program reads one. */
export type Kind = {
  name: string
  /** Made once: some are asked of this machine. */
  corpus(): Buffer[] | Promise<Buffer[]>
  /** Throws a Refusal for what is wrong with it. Whatever else is thrown is a bug. */
  read(input: Buffer): unknown
  /** The name of the file, which a refusal has to say where it has no place in a file. Without it any words will do. */
  place?: string
}

export const kinds: readonly Kind[] = [...playbookInputs, ...configurations, ...remembered, ...answersOf]

export const kindNamed = (name: string): Kind => {
  const found = kinds.find(kind => kind.name === name)
  if (!found) throw new Error(`there is no kind of input "${name}": ${kinds.map(kind => kind.name).join(', ')}`)
  return found
}
