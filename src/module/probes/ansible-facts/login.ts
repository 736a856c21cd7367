import {
  type FactValues,
  filesIn,
  linesOf,
  namedValues,
  numberIn,
  type Section,
  type Subset,
  valuesIn,
} from './section.ts'

/** Who asks, by the names of the environment first, as Python's `getpass.getuser` does it, and the entry of that account. */
const accountSection: Section = {
  name: 'account',
  sh: `u=$(id -u); g=$(id -g); echo "uid=$u"; echo "gid=$g"
n=\${LOGNAME:-\${USER:-\${LNAME:-$USERNAME}}}; [ -n "$n" ] || n=$(id -un)
printf 'name=%s\\n' "$n"
e() { getent passwd "$1" || while IFS= read -r l; do case $l in "$1":*|*:*:"$1":*) printf '%s\\n' "$l"; break;; esac; done </etc/passwd; }
l=$(e "$n"); [ -n "$l" ] || l=$(e "$u"); printf 'entry=%s\\n' "$l"`,
}

/** The environment of what is started there: an entry ends with a zero byte. */
const environmentSection: Section = { name: 'environment', sh: 'cat /proc/self/environ || env | tr "\\n" "\\0"' }

export const account: Subset = {
  facts:
    'user_id user_uid user_gid user_gecos user_dir user_shell real_user_id effective_user_id real_group_id effective_group_id'.split(
      ' ',
    ),
  sections: [accountSection],
  make: (printed): FactValues => {
    const values = valuesIn(printed(accountSection))
    const [uid, gid] = [numberIn(values.get('uid')), numberIn(values.get('gid'))]
    if (uid === undefined || gid === undefined) return {}
    const [, , user, group, gecos = '', folder = '', shell = ''] = (values.get('entry') ?? '').split(':')
    return {
      user_id: values.get('name') ?? '',
      user_uid: numberIn(user) ?? uid,
      user_gid: numberIn(group) ?? gid,
      user_gecos: gecos,
      user_dir: folder,
      user_shell: shell,
      real_user_id: uid,
      effective_user_id: uid,
      real_group_id: gid,
      effective_group_id: gid,
    }
  },
}

export const environment: Subset = {
  facts: ['env'],
  sections: [environmentSection],
  make: printed => {
    const entries = printed(environmentSection).split('\0')
    const pairs = entries.flatMap((entry): [string, string][] => {
      const at = entry.indexOf('=')
      return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : []
    })
    return { env: namedValues(pairs) }
  },
}

const algorithms = ['dsa', 'rsa', 'ecdsa', 'ed25519']
const keyFolders = ['/etc/ssh', '/etc/openssh', '/etc']

const hostKeysSection: Section = {
  name: 'host-keys',
  sh: `for f in ${keyFolders.flatMap(folder => algorithms.map(one => `${folder}/ssh_host_${one}_key.pub`)).join(' ')}; do
[ -r $f ] && v= && { read -r v w <$f || [ -n "$v" ]; } && printf '\\n\\035%s\\n%s %s\\n' $f "$v" "$w"; done; :`,
}

export const hostKeys: Subset = {
  facts: algorithms.flatMap(one => [`ssh_host_key_${one}_public`, `ssh_host_key_${one}_public_keytype`]),
  sections: [hostKeysSection],
  make: printed => {
    const files = filesIn(printed(hostKeysSection))
    const folder = keyFolders.find(one => algorithms.some(name => files.has(`${one}/ssh_host_${name}_key.pub`)))
    const facts: FactValues = {}
    for (const name of folder === undefined ? [] : algorithms) {
      const [type, key] = linesOf(files.get(`${folder}/ssh_host_${name}_key.pub`) ?? '')[0]?.split(/\s+/) ?? []
      if (type === undefined || key === undefined || key === '') continue
      facts[`ssh_host_key_${name}_public`] = key
      facts[`ssh_host_key_${name}_public_keytype`] = type
    }
    return facts
  },
}
