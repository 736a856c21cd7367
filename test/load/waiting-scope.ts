import { Later } from '../../src/core/unknown.ts'

/** What another node will make known. */
export const waits = new Later('node1/x')

/** What a template sees: these, and `later`, which waits where it is read. */
export const waitingScope = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.assign(
    Object.create(null, {
      later: {
        enumerable: true,
        get: () => {
          throw waits
        },
      },
    }),
    members,
  )
