import { pattern } from '../../../src/module/module.ts'

type Bounds = { after?: string | undefined; before?: string | undefined }

/** One expression over the whole text, in which `.` is any character: Ansible's own, so that `^` and `$` are the text's. */
const whole = ({ after = '', before = '' }: Bounds): string =>
  `${after}(?P<subsection>${after !== '' && before !== '' ? '.*?' : '.*'})${before}`

/**
 * From where to where a text lies behind what `after` matches and before what `before` matches, as Ansible's replace takes them:
 * with both the nearest, with `before` alone the last match of it. Nothing where they match nowhere.
 */
export const textSection = (
  text: string,
  bounds: Bounds,
): { between: [from: number, to: number] } | { wrong: string } => {
  if (!bounds.after && !bounds.before) return { between: [0, text.length] }
  for (const name of ['after', 'before'] as const) {
    const made = pattern(bounds[name] ?? '', 's')
    if (typeof made === 'string') return { wrong: `${name} is no regular expression: ${made}` }
  }
  const made = pattern(whole(bounds), 'sd')
  if (typeof made === 'string') return { wrong: `after and before are no regular expression together: ${made}` }
  return { between: made.exec(text)?.indices?.groups?.subsection ?? [0, 0] }
}
