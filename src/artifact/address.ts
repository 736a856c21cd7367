/** An address without the name and the password in it: to be shown, and kept. */
export const withoutCredentials = (url: string): string => {
  const { origin, pathname, search } = new URL(url)
  return `${origin}${pathname}${search}`
}

/** The header that carries the name and the password of an address, where it has them. */
export const authorizationHeader = (url: string): Record<string, string> => {
  const { username, password } = new URL(url)
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return username === '' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Whether an address can be asked at all: a port that is too big, or a `%` that stands for nothing, make it none. */
export const isUsableAddress = (url: string): boolean => {
  try {
    return authorizationHeader(url) !== undefined
  } catch {
    return false
  }
}
