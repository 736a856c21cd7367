import { accountNumbers, defineModule, program, type Query, quote, T, user, uses } from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'

const args = T.Object(
  {
    user: T.String({ default: 'ipfs', description: 'The account that kubo and ipfs-cluster are to run as.' }),
    home: folderArgument('/var/lib/ipfs', "Its home: kubo's repo."),
  },
  { additionalProperties: false },
)

/** How one may log in with an account. `password`: `set`, `empty`, `none`, or empty where who looks may not see it. */
type Logins = { password: string; keys: string }

/** By the shell itself. What stands in the place of a password is never printed. */
const logins = (name: string): Query<Logins, false> =>
  uses(
    program<Logins>({
      key: `live:logins/${name}`,
      sh: `(n=${quote(name)} h= f=; while IFS=: read -r a _ _ _ _ b _; do [ "$a" != "$n" ] || h=$b; done </etc/passwd
while IFS=: read -r a p _; do [ "$a" != "$n" ] || case $p in '') echo password empty;; [\\!*]*) echo password none;; *) echo password set;; esac; done </etc/shadow
for f in authorized_keys authorized_keys2; do [ -s "$h/.ssh/$f" ] && [ -n "$h" ] && printf 'keys %s\\n' "$h/.ssh/$f" && break; done) 2>/dev/null`,
      looks: [`live:logins/${name}`],
      parse: ({ stdout }) => {
        const said = (word: string): string => new RegExp(`^${word} (.*)$`, 'm').exec(stdout.toString())?.[1] ?? ''
        return { password: said('password'), keys: said('keys') }
      },
      subject: `logins of ${name}`,
    }),
  )

const isClosed = (shell: string): boolean => /\/(nologin|false)$/.test(shell)

/**
 * The account is made by the playbook and is its own: another one that is there is somebody's, and its shell and home are
 * what people log in by. Root's least of all.
 */
export default defineModule({
  name: 'ipfs_account',
  about:
    'The account that kubo and ipfs-cluster run as is not there yet, or is one of their own: a number for services, no way to log in, the repo as its home. Changes nothing; any other account is refused.',
  args,
  examples: ['- name: Look whose account it is\n  ipfs_account:\n    user: ipfs\n    home: /var/lib/ipfs'],
  reads: args => ({
    account: uses(user(args.user)),
    numbers: accountNumbers(),
    logins: logins(args.user),
  }),
  plan: ({ user, home }, { account, numbers, logins }, { ok, fail }) => {
    if (!account.exists) return ok()
    const { uid, shell } = account
    if (uid === 0)
      return fail(
        `${user} is root: what the network sends to a daemon of root's may do anything to this host`,
        `leave ipfs_user out, then an account of its own is made; what root has run so far is adopted by \`runbook apply playbooks/adopt.yml\``,
      )
    const people = [
      uid >= numbers.defaults.uids.people.min && `its number is ${uid}, one of people`,
      (logins.password === 'set' || logins.password === 'empty') &&
        (logins.password === 'set' ? 'it has a password' : 'it needs no password to log in'),
      logins.keys !== '' && `${logins.keys} lets people in`,
    ].filter(Boolean)
    const others = [
      !isClosed(shell) && `its shell is ${shell}`,
      account.home !== home && `its home is ${account.home}`,
    ].filter(Boolean)
    if (people.length + others.length === 0) return ok()
    const apart = `let the playbook make one of its own: \`runbook apply playbooks/private-cluster.yml -e ipfs_user=${user}-private\`, or adopt what it runs: \`runbook apply playbooks/adopt.yml\``
    const own = `if nobody logs in with it and nothing else uses it, make it one: on this host, \`usermod -d ${quote(home)} -s /usr/sbin/nologin ${quote(user)}\``
    return fail(
      `the account ${user} is there and is not one of kubo's own: ${[...people, ...others].join(', ')}`,
      people.length > 0 ? apart : `${apart}; ${own}`,
    )
  },
})
