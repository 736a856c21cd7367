import { isRecord, isUnknown, program, type Query } from '../../../src/module/module.ts'

// Sources of packages, a line each (sources.list(5)), as Ansible's apt_repository reads and writes them.

/** A line of a file of sources: `valid` where it names one, `enabled` where it is no comment. */
export type SourceLine = { valid: boolean; enabled: boolean; source: string; comment: string }

/** Files of sources by their paths, with their texts. */
export type SourceFiles = Record<string, string>

export const mainSources = '/etc/apt/sources.list'
const folder = '/etc/apt/sources.list.d'

const isSourceFile = (path: string): boolean =>
  path === mainSources || /^\/etc\/apt\/sources\.list\.d\/[^/]+\.list$/.test(path)

const filesIn = (text: string): SourceFiles => {
  const parts = text.split(/^\0(\/.*)$\n/m).slice(1)
  return Object.fromEntries(parts.flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 1] ?? '']] : [])))
}

/** The text of a file by what is promised of it; undefined where that is not known. */
const afterPatch = (before: string | undefined, patch: unknown): { text?: string } | undefined => {
  if (!isRecord(patch) || isUnknown(patch)) return undefined
  if (patch.exists === false) return {}
  if (!('content' in patch)) return before === undefined ? undefined : { text: before }
  const { content } = patch
  if (isUnknown(content) || !isRecord(content) || !ArrayBuffer.isView(content.bytes)) return undefined
  return { text: Buffer.from(content.bytes as Uint8Array).toString() }
}

/** All files of sources of a host. What other tasks put in one is known. */
export const sourceFiles: Query<SourceFiles> = {
  ...program({
    key: 'apt sources',
    sh: `for f in ${mainSources} ${folder}/*.list; do [ ! -f "$f" ] || { printf '\\0%s\\n' "$f"; cat "$f"; }; done`,
    looks: [`path:${mainSources}`, `tree:${folder}`],
    parse: ({ stdout }) => filesIn(stdout.toString()),
    subject: 'sources of packages',
  }),
  derive: (_ask, before, { patches, hits }) => {
    const written = [...patches].flatMap(([key, patch]) => {
      const path = key.replace(/^file:/, '')
      return key !== path && isSourceFile(path) ? [[path, patch] as const] : []
    })
    const isTold = (label: string): boolean => written.some(([path]) => label.replace(/^\w+:/, '') === path)
    if (isUnknown(before) || written.length === 0 || !hits.every(isTold)) return undefined
    const files: SourceFiles = { ...before }
    for (const [path, patch] of written) {
      const after = afterPatch(files[path], patch)
      if (after === undefined) return undefined
      if (after.text === undefined) delete files[path]
      else files[path] = after.text
    }
    return files
  },
}

const TYPES = ['deb', 'deb-src']

/** Source: ansible lib/ansible/modules/apt_repository.py, `_parse`. */
export const sourceLine = (text: string): SourceLine => {
  const trimmed = text.trim()
  const enabled = !trimmed.startsWith('#')
  const rest = enabled ? trimmed : trimmed.slice(1)
  const at = rest.indexOf('#')
  const comment = at > 0 ? rest.slice(at + 1).trim() : ''
  const source = (at > 0 ? rest.slice(0, at) : rest).trim()
  const words = source.split(/\s+/)
  return TYPES.includes(words[0]!)
    ? { valid: true, enabled, source: words.join(' '), comment }
    : { valid: false, enabled, source, comment }
}

export const sourceLines = (text: string): SourceLine[] =>
  (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').map(sourceLine)

export const sourcesText = (lines: SourceLine[]): string =>
  lines
    .map(({ enabled, source, comment }) => `${enabled ? '' : '# '}${source}${comment === '' ? '' : ` # ${comment}`}\n`)
    .join('')

/** The file that Ansible puts a source into: named after its address, without options, protocol, name and password. */
export const fileOfSource = (source: string, filename: string | undefined): string => {
  if (filename?.includes('/')) return `${filename}.list`
  const bare = source.replaceAll(/\[[^\]]+\]/g, '').replaceAll(/\w+:\/\//g, '')
  const [address = ''] = bare.split(/\s+/).filter(word => word !== '' && !TYPES.includes(word))
  const plain = address.replace(/^[^@]*@/, '')
  const name =
    filename ??
    plain
      .replaceAll(/[^a-zA-Z0-9]/g, ' ')
      .split(/\s+/)
      .filter(Boolean)
      .join('_')
  return `${folder}/${name}.list`
}
