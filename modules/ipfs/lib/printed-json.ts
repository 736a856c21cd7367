import { isRecord } from '../../../src/module/module.ts'

const trees = new WeakMap<Buffer, { tree: Record<string, unknown> | undefined }>()

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    const tree: unknown = JSON.parse(text)
    return isRecord(tree) ? tree : undefined
  } catch {
    return undefined
  }
}

/**
 * What a program printed, as JSON; undefined where it is no mapping. Each member of a configuration is a question of
 * its own to the same answer, which is parsed once: a dozen of them on three hosts took 10 ms.
 */
export const printedJson = (stdout: Buffer): Record<string, unknown> | undefined => {
  const known = trees.get(stdout) ?? { tree: parse(stdout.toString()) }
  trees.set(stdout, known)
  return known.tree
}
