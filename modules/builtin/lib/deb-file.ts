import {
  type Change,
  type Decide,
  open,
  type PackageAnswer,
  type PackageManager,
  packageLists,
  packageState,
  program,
  quote,
  type Step,
  uses,
} from '../../../src/module/module.ts'
import { packageReach } from './package-reach.ts'

/** What a .deb says of itself, or why it says nothing. */
export type DebFile = { name: string; version: string; complaint?: undefined } | { complaint: string }

const debFile = (path: string) =>
  uses(
    program({
      key: `deb:${path}`,
      sh: `dpkg-deb -f ${quote(path)} Package Version 2>&1`,
      looks: [`path:${path}`],
      parse: ({ stdout, status }): DebFile => {
        const text = stdout.toString()
        const [name, version] = ['Package', 'Version'].map(
          field => new RegExp(`^${field}: (.*)$`, 'm').exec(text)?.[1] ?? '',
        ) as [string, string]
        return status === 0 && name !== ''
          ? { name, version }
          : {
              complaint: text
                .trim()
                .split('\n')
                .at(-1)!
                .replace(/^dpkg-deb: error: /, ''),
            }
      },
      subject: path,
    }),
  )

export const debReads = (path: string) => ({ lists: packageLists, deb: debFile(path) })

/** The package that is in the file, by its own name. */
export const debMore = ({ deb }: { deb: DebFile }) => ({
  own: deb.complaint === undefined ? packageState(deb.name) : undefined,
})

type Reads = ReturnType<typeof debReads> & ReturnType<typeof debMore>
type Seen = { lists: PackageManager; deb: DebFile; own?: PackageAnswer | undefined }

/** What comes of a .deb: its package is there in its version, or is put there with what it depends on. */
export const debPlan = (
  path: string,
  steps: Step[],
  { deb, own }: Seen,
  { ok, change, fail }: Decide<Reads, undefined>,
) => {
  if (deb.complaint !== undefined)
    return fail(deb.complaint, `put the package at ${path} in an earlier task, with get_url or copy`)
  const { name, version } = deb
  if (own?.installed && own.version === version) return ok({ cache_updated: false } as never)
  const planned: Change<Reads, undefined> = {
    will: { own: { installed: true, version, status: 'installed', isHeld: open } },
    steps,
    reason: `${name} ${version} is not there`,
    touches: ['package:*', 'packages'],
    reach: packageReach,
    outputs: { cache_updated: false } as never,
  }
  return change(planned)
}
