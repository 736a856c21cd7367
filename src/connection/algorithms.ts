/**
 * Key exchanges that are offered. Left out: group-exchange, whose prime check costs 1.75 s of synchronous CPU
 * a connection in ssh2 1.17 (curve25519: 3.6 ms) and stalls every other host; everything with sha1; group 17 and 18
 * (31 ms) and nistp521 (10 ms), which no server needs that has none of these.
 */
export const KEY_EXCHANGES = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group14-sha256',
] as const

/** Integrity codes that are offered; the sha1 ones of ssh2's own list are left out. */
export const INTEGRITY_CODES = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const

/** Host key algorithms in the order wished for; `ssh-rsa`, which signs with sha1, is not among them. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const

type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number]

/** The type of key an algorithm signs with: known_hosts writes `ssh-rsa` for every RSA key. */
const keyTypeOf = (algorithm: HostKeyAlgorithm): string => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)

/**
 * The host key algorithms to offer a host whose keys of these types are known. Known types come first, in the order
 * wished for; otherwise a host known by its RSA key would show its ed25519 key, which is not known.
 */
export const hostKeyAlgorithms = (knownTypes: string[]): HostKeyAlgorithm[] => {
  const known = HOST_KEY_ALGORITHMS.filter(algorithm => knownTypes.includes(keyTypeOf(algorithm)))
  return [...known, ...HOST_KEY_ALGORITHMS.filter(algorithm => !known.includes(algorithm))]
}

/** Whether a host can be asked for its key of this type. */
export const isOfferedType = (type: string): boolean =>
  HOST_KEY_ALGORITHMS.some(algorithm => keyTypeOf(algorithm) === type)
