/** A host as the inventory needs it. */
type ListedHost = { node: string; address: string; user?: string }

export const labKeyFile = (folder: string): string => `${folder}/key`
export const knownHostsFile = (folder: string): string => `${folder}/known_hosts`

/** ssh splits this option's value at spaces, and the inventory's words are split like a shell's: quote for both. */
const knownHostsOption = (file: string): string =>
  /^[\w/.@%+,:-]+$/.test(file) ? `-o UserKnownHostsFile=${file}` : `-o 'UserKnownHostsFile="${file}"'`

/** The text of a lab's inventory: what a user would write by hand, as JSON. */
export const inventoryText = (folder: string, hosts: ListedHost[]): string => {
  const entry = ({ node, address, user = 'root' }: ListedHost) => [
    node,
    {
      ansible_host: address,
      ansible_port: 22,
      ansible_user: user,
      ansible_ssh_private_key_file: labKeyFile(folder),
      ansible_ssh_common_args: knownHostsOption(knownHostsFile(folder)),
    },
  ]
  const ipfs = { hosts: Object.fromEntries(hosts.map(entry)), vars: { monitor_ping_interval: '2s' } }
  return `${JSON.stringify({ all: { children: { ipfs } } }, null, 2)}\n`
}

/** One line of known_hosts from the host's own public key file (`TYPE KEY COMMENT`). */
export const hostKeyLine = (address: string, publicKey: string): string =>
  `${address} ${publicKey.trim().split(' ').slice(0, 2).join(' ')}\n`
