import { cpSync } from 'node:fs'
import { address, folder } from './place.ts'

/** A daemon's folder, and the loopback address of the node that it plays. */
export class OnNode {
  readonly path: string
  readonly node: number

  constructor(name: string, node = 0) {
    this.path = `${folder}/${name}`
    this.node = node
  }

  get ip(): string {
    return address(this.node)
  }

  /** Puts a copy of this folder in the place of another's, and so the same identity. */
  protected into<T extends OnNode>(made: T): T {
    cpSync(this.path, made.path, { recursive: true })
    return made
  }
}
