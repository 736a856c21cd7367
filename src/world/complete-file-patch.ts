import { isUnknown, Later, open } from '../core/unknown.ts'
import { type Content, isRecord } from '../core/value.ts'

type Patch = Record<string, unknown>

/** Of a content that is promised by its digest alone the bytes are known when it is there. */
const unread = ({ content }: { content?: Partial<Content> }, node: string): Patch =>
  !isRecord(content) || isUnknown(content.bytes) || content.bytes?.length === content.size
    ? {}
    : { content: { ...content, bytes: new Later(node) } }

/** Who is named by a number alone has a name that is known when it is looked up. */
const unnamed = (patch: Patch, name: string, number: string, node: string): Patch =>
  number in patch && !(name in patch) ? { [name]: new Later(node) } : {}

/** A promise in which what it leaves open waits for its node. */
export const bindOpen = (patch: unknown, node: string): unknown =>
  isRecord(patch)
    ? Object.fromEntries(Object.entries(patch).map(([name, value]) => [name, value === open ? new Later(node) : value]))
    : patch

/** What is promised of a file, with what follows from it but is not said: unknown until it is read. */
export const completeFilePatch = (patch: Patch, node: string): Patch => ({
  ...patch,
  ...unread(patch, node),
  ...unnamed(patch, 'owner', 'uid', node),
  ...unnamed(patch, 'group', 'gid', node),
})
