import { type Dict, Live, type Value } from './value.ts'

/** What `namespace(...)` makes: a place for values that a loop changes and what follows it reads. */
export class Namespace extends Live {
  readonly type = 'Namespace'
  readonly members: Dict
  constructor(members: Dict) {
    super()
    this.members = members
  }
  override attribute(name: string): Value | undefined {
    return this.members.get(name)
  }
}
