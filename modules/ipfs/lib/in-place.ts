import { exec, program, type Query, quote, type Step, uses } from '../../../src/module/module.ts'
import { type Obstacle, unfinishedPath } from '../../builtin/lib/paths.ts'
import { handOverPlace } from './handed-folder.ts'

// A folder is made whole beside its place and renamed into it. Where the place is a mount point, or a link to a folder,
// nothing can be renamed over it: there it is made inside, and what was made is moved up, last what makes it count.

/**
 * What a path is to a folder that is to lie there. `beside`: nothing, or a folder that gives way. `mount`, `link`: a folder
 * that has to stay, and is filled. `dangling`: a link that leads to no folder. `unmounted`: /etc/fstab has a disk for it.
 */
export type Place = { is: 'beside' | 'mount' | 'link' | 'dangling' | 'unmounted'; target: string; isClosed: boolean }

/**
 * Of a place that is filled already, which has `last` in it, nothing is asked. By the shell itself but for a folder, of
 * which `mountpoint` knows more than its device does: bind mounts too.
 */
export const placeOf = (path: string, last: string): Query<Place, false> =>
  uses(
    program({
      key: `place:${path}`,
      sh: `(p=${quote(path)}; is=beside to=$p; if [ -e "$p/${last}" ]; then :
elif [ -h "$p" ]; then to=$(readlink -m -- "$p"); [ -d "$p" ] && is=link || is=dangling
elif [ -d "$p" ] && mountpoint -q -- "$p"; then is=mount
elif [ -r /etc/fstab ]; then while read -r d m _; do case $d in '#'*) ;; *) [ "\${m%/}" = "$p" ] && is=unmounted to=$d;; esac; done </etc/fstab; fi
printf '%s\\n%s\\n' $is "$to"; [ $is = beside ] || [ -w "$p" ] || echo closed) 2>/dev/null`,
      looks: [`path:${path}`],
      parse: ({ stdout }) => {
        const [is = 'beside', target = '', closed = ''] = stdout.toString().trim().split('\n')
        return { is: is as Place['is'], target, isClosed: closed !== '' }
      },
      subject: path,
    }),
  )

const makingName = '.runbook-making'
/** A folder that was made whole and is still to be moved up. */
export const madeName = '.runbook-made'

/** Where the folder is made: inside of a place that has to stay, else beside it. */
export const makingPath = (path: string, { is }: Place): string =>
  is === 'beside' ? unfinishedPath(path) : `${path}/${makingName}`

/**
 * Names that are in the way. What a file system keeps for itself is not, nor the rest of a run that was cut off: where a
 * folder was made whole and not yet moved up, all that is there is of it.
 */
export const inTheWay = (names: string[], { is }: Place): string[] => {
  if (is === 'beside') return names
  return names.includes(madeName) ? [] : names.filter(name => name !== 'lost+found' && name !== makingName)
}

/**
 * From the steps that make a folder to its place. Inside: each entry by rename, `last` at the end, since what has it counts
 * as made. Cut off in between, what is left to move is still under the name of what was made, and the next run goes on.
 */
export const placingSteps = (
  { path, user }: { path: string; user: string },
  place: Place,
  make: Step[],
  { names, mode, last }: { names: string[]; mode: string; last: string },
): Step[] => {
  const from = makingPath(path, place)
  if (place.is === 'beside') return [...make, { do: 'rename', from, to: path }]
  const made = `${path}/${madeName}`
  return [
    ...(names.includes(madeName) ? [] : [...make, { do: 'rename', from, to: made } satisfies Step]),
    handOverPlace(path, user, mode),
    // By the user, whose all of it is by now: root would move whatever a link there leads to.
    exec(['sh', '-c', moving, 'sh', made, last], { user }),
  ]
}

const moving = `cd -- "$1" && for n in * .[!.]*; do case $n in "$2"|'*'|'.[!.]*') ;; *) mv -T -- "$n" "../$n" || exit;; esac; done && mv -T -- "$2" "../$2" && cd .. && rmdir -- "$1"`

/** Why a place cannot be filled as it is. */
export const unfillable = (path: string, { is, target, isClosed }: Place): Obstacle | undefined => {
  if (is === 'dangling')
    return {
      why: `${path} is a link to ${target}, where no folder is`,
      fix: `mount on this host what is to be there, or make it, \`mkdir -p ${quote(target)}\`; then run this again`,
    }
  if (is === 'unmounted')
    return {
      why: `/etc/fstab mounts ${target} at ${path}, and it is not mounted: a new one would be made under it`,
      fix: `mount it on this host: \`mkdir -p ${quote(path)} && mount ${quote(path)}\`; then run this again`,
    }
  return is !== 'beside' && isClosed
    ? {
        why: `${path} is ${is === 'mount' ? 'a mount point' : `a link to ${target}`} that cannot be written to`,
        fix: `see how it is mounted and whose it is, on this host: \`findmnt -T ${quote(target)}; ls -ld ${quote(target)}\``,
      }
    : undefined
}

/** The root of a place once it is filled; of a link that stays nothing is promised. */
export const filledRoot = ({ is }: Place, mode: string, owner: string) =>
  is === 'link' ? {} : { root: { exists: true as const, kind: 'directory' as const, mode, owner } }
