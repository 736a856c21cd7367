/** How a template is written: what begins and ends its parts, and which white space goes. Ansible's, unless a header says otherwise. */
export type Delimiters = {
  blockStart: string
  blockEnd: string
  variableStart: string
  variableEnd: string
  commentStart: string
  commentEnd: string
  /** The newline behind a block goes. */
  trimBlocks: boolean
  /** White space between the beginning of a line and a block goes. */
  lstripBlocks: boolean
  /** The newline at the end of the text stays. */
  keepTrailingNewline: boolean
  /** What a newline of the template is in its output. */
  newline: string
  /** Backslashes in the texts of `{{ }}`: Python's escapes, or written as they are (values of YAML). */
  backslashes: 'escape' | 'literal'
}

export const ansibleDelimiters: Delimiters = {
  blockStart: '{%',
  blockEnd: '%}',
  variableStart: '{{',
  variableEnd: '}}',
  commentStart: '{#',
  commentEnd: '#}',
  trimBlocks: true,
  lstripBlocks: false,
  keepTrailingNewline: false,
  newline: '\n',
  backslashes: 'escape',
}
