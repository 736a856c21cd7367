import { T } from '../../../src/module/module.ts'

/** An argument that is a list of texts, or, as Ansible has it, one text with commas. */
export const textListArgument = (description: string, words: object = {}) =>
  T.Unsafe<string | string[]>({
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    ...words,
    description: `${description} A list, or a text with commas.`,
  })

/** The texts of such an argument. Source: ansible lib/ansible/module_utils/common/validation.py, check_type_list. */
export const listedTexts = (said: string | string[] | undefined): string[] =>
  typeof said === 'string' ? said.split(',') : (said ?? [])
