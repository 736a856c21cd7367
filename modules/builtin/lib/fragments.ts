import { program, type Query, quote } from '../../../src/module/module.ts'

/** A piece of a text that is put together: its name, and what is in it. */
export type FragmentFile = { name: string; bytes: Buffer }

/** Plain files of a folder, and what links in it lead to one, by name; `at` is where each really is. */
export const fragmentNames = (folder: string): Query<{ all: { name: string; at: string }[] }> =>
  program({
    key: `children:${folder}#files`,
    sh: `cd -- ${quote(folder)} 2>/dev/null && for n in * .[!.]* ..?*; do if [ -f "./$n" ]; then printf '%s\\0' "$n"; readlink -f -- "./$n" | tr '\\n' '\\0'; fi; done`,
    looks: [`children:${folder}`],
    parse: ({ stdout }) => {
      const fields = stdout.toString().split('\0')
      return {
        all: fields.flatMap((name, i) => (i % 2 === 0 && name !== '' ? [{ name, at: fields[i + 1] ?? '' }] : [])),
      }
    },
    subject: `files in ${folder}`,
  })

const escapes: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** What stands between two fragments, with the escapes that Python has in bytes (`\n`, `\x09`, `\011`). */
export const delimiterBytes = (text: string): Buffer =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replace(/\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|(\n)|([abfnrtv'"\\]))/g, (_, hex, octal, end, char) =>
        end
          ? ''
          : String.fromCharCode(
              hex
                ? Number.parseInt(hex, 16)
                : octal
                  ? Number.parseInt(octal, 8) & 255
                  : (escapes[char] ?? char.charCodeAt(0)),
            ),
      ),
    'latin1',
  )

const isEnded = (bytes: Buffer): boolean => bytes.at(-1) === 10
const end = Buffer.from('\n')

/**
 * Fragments one behind the other, in the order of their names. A delimiter begins a line, and something follows it in one of its own;
 * of the controller's fragments Ansible adds an end to a delimiter that has one, too (`alwaysEnded`).
 */
export const assembled = (fragments: FragmentFile[], delimiter: string | undefined, alwaysEnded: boolean): Buffer => {
  const sorted = fragments.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  const between = delimiter ? delimiterBytes(delimiter) : Buffer.alloc(0)
  const isShort = between.length > 0 && (alwaysEnded || !isEnded(between))
  return Buffer.concat(
    sorted.flatMap(({ bytes }, i) => [
      ...(i > 0 && !isEnded(sorted[i - 1]!.bytes) ? [end] : []),
      ...(i > 0 ? [between, ...(isShort ? [end] : [])] : []),
      bytes,
    ]),
  )
}
