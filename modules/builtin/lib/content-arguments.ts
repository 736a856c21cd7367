import { type OnTheWay, T } from '../../../src/module/module.ts'
import { type Obstacle, parentFolder } from './paths.ts'
import { shellSigns } from './shell-signs.ts'
import { splitShellWords } from './shell-split.ts'

/** Arguments of every module that writes the content of a file. */
export const contentArguments = {
  validate: T.Optional(
    T.String({
      description:
        'A program that has to end with 0 over the new file before it takes the place of the old one, e.g. visudo -cf %s. `%s` is its path then, `%%` a per cent sign. It is run in an apply, where the content changes; else the task fails with what it said.',
    }),
  ),
  backup: T.Optional(
    T.Boolean({
      description:
        'Keep what is there beside it, as PATH.PID.YYYY-MM-DD@HH:MM:SS~, where its content changes. The path is given as `backup_file`.',
    }),
  ),
  unsafe_writes: T.Optional(
    T.Boolean({
      description:
        'Write over the bytes of a file that cannot be replaced since it is mounted there by itself, as in a container. Whoever reads it meanwhile may see half of it.',
    }),
  ),
}
export const backupOutput = T.Optional(T.String({ description: 'With backup: where what was there is kept.' }))
/** `backupAs`: what the module calls the output that names the backup, where it has a word of its own. */
export type ContentArguments = { validate?: string; backup?: boolean; backupAs?: string; unsafe_writes?: boolean }

/** What a file meets on its way, as a step takes it. */
export const onTheWay = ({
  validate,
  backup,
  backupAs = 'backup_file',
  unsafe_writes,
}: ContentArguments): OnTheWay => ({
  ...(validate === undefined ? {} : { check: splitShellWords(validate) ?? [] }),
  ...(backup ? { backup: backupAs } : {}),
  ...(unsafe_writes ? { inPlace: true } : {}),
})

/** Why new content cannot be checked by the words of `validate`. */
export const badCheck = ({ validate }: ContentArguments): Obstacle | undefined => {
  if (validate === undefined) return undefined
  const signs = validate.replaceAll('%%', '').match(/%./g) ?? []
  if (signs.length === 0)
    return { why: `validate does not say where the new file goes: ${validate}`, fix: 'put %s in the place of its path' }
  if (signs.length > 1 || signs[0] !== '%s')
    return {
      why: `validate may have one %s and no other per cent sign: ${validate}`,
      fix: 'write %% for one as it stands',
    }
  if ((splitShellWords(validate) ?? []).length < 2)
    return { why: `a quote of validate is not closed, or it names no program: ${validate}`, fix: 'check the quotes' }
  const [sign] = shellSigns(validate).commands
  return sign === undefined
    ? undefined
    : {
        why: `validate is run without a shell, and \`${sign}\` would be a plain word: ${validate}`,
        fix: "give the whole line to a shell: validate: sh -c '… %s'",
      }
}

/** The folder in which a backup gets a name: what else a module touches that takes these arguments. */
export const backupLabels = ({ backup }: ContentArguments, path: string): string[] =>
  backup ? [`children:${parentFolder(path)}`] : []
