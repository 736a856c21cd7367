import { quote } from './quote.ts'

// Tests in POSIX sh of what stands at a path. A link is itself: one that leads nowhere is there.

export const isThere = (path: string): string => `[ -e ${quote(path)} ] || [ -h ${quote(path)} ]`
export const isGone = (path: string): string => `[ ! -e ${quote(path)} ] && [ ! -h ${quote(path)} ]`
