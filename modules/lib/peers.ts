import { T } from '../../src/module/module.ts'

/** Peers as an argument. `partial`: hosts that did not answer are left out of it and stand in `absent` instead. */
export const peerList = (description: string) =>
  T.Array(
    T.Object({ id: T.String(), address: T.String(), port: T.Optional(T.Integer()) }, { additionalProperties: false }),
    { description, partial: 'absent' },
  )

/** Filled by runbook: hosts of the list that did not answer, by what the inventory says of them. */
export const absent = T.Array(T.Object({ host: T.String(), address: T.String() }), {
  default: [],
  description: 'Filled in by runbook: hosts that did not answer. What a node knows of them stays as it is.',
})
