/** Bytes as they would stand in the middle of something in base64, whatever came before and after them. */
const inBase64 = (bytes: Buffer): string[] =>
  [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return text.slice(before === 0 ? 0 : before + 1, -2)
  })

/**
 * Every form in which a secret in hex or base64 might come to light. Its middle only, so that a part of it is found too.
 * A URL writes three characters of base64 in another way.
 */
export const forms = (whole: string): Buffer[] => {
  const isHex = /^[0-9a-f]+$/.test(whole)
  const text = whole.slice(8, -8)
  const url = encodeURIComponent(text)
  const texts = isHex ? [text, text.toUpperCase()] : [text, text.toUpperCase(), url, url.toLowerCase()]
  const writings = [Buffer.from(text, isHex ? 'hex' : 'base64'), ...texts.map(one => Buffer.from(one))]
  const shown = writings.flatMap(bytes => {
    const [hex, base64] = [bytes.toString('hex'), inBase64(bytes)]
    return [hex, hex.toUpperCase(), ...base64, ...base64.map(one => one.replaceAll('+', '-').replaceAll('/', '_'))]
  })
  return [...writings, ...new Set(shown)].map(one => Buffer.from(one))
}
