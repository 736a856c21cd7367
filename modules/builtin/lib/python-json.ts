/** A text as Python writes it in JSON: all beyond ASCII as `\\uXXXX`. */
const quotedText = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Data as `json.dumps` of Python has it, with a blank behind each comma and colon. */
const jsonOf = (value: unknown): string => {
  if (typeof value === 'string') return quotedText(value)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, one]) => `${quotedText(key)}: ${jsonOf(one)}`)
    .join(', ')}}`
}

/** What Ansible writes where a text is wanted: a mapping or a list as JSON, anything else as Python shows it. */
export const pythonText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return jsonOf(value)
}
