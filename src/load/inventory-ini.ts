import type { Draft } from './inventory-draft.ts'

export const readIniInventory = (_draft: Draft, _text: string, _file: string): void => {
  throw new Error('not yet')
}
