import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pack } from '../artifact/rig.ts'
import { fc } from '../chance.ts'
import { tarWith, unpackWords } from '../run/access-list.ts'

/** The small tree in which the tasks of a generated playbook meet: which places they may name; `sure`: what mostly is there. */
export type Places = { folders: string[]; files: string[]; sure: string[]; links: string[]; gone: string[] }

/** Anything may be done to anything: most that can go wrong does. */
export const wild: Places = {
  folders: ['d', 'd/e', 'm'],
  files: ['a', 'd/f', 'd/e/g', 'm/h', 'l/f', 'l/new'],
  sure: ['a', 'd/f', 'd/e/g', 'm/h', 'l/f'],
  links: ['d', 'm', 'd/e', './m'],
  gone: ['d', 'd/e', 'm', 'l', 'a', 'd/f', 'm/h', 'l/f'],
}
/** Names that a shell, a regular expression, or a reader of lists may stumble over. */
const odd = [`o "d'`, '-n$x*', 'ü\\b', 'n\nl', ' %s;#& ']
const usual = ['a', 'b', 'd/f', 'd/e/g', 'm/h', 'l/f']

/** Folders stay, and links lead to one: so that long playbooks come to something. */
export const calm: Places = {
  folders: ['d', 'd/e', 'm', 'm/n'],
  files: [...usual, ...usual, ...odd],
  sure: ['a', 'd/f'],
  links: ['d', './m'],
  gone: ['b', 'd/new', 'm/h', 'c'],
}

/** What is there before: a part of the tree. */
export const before: fc.Arbitrary<string[]> = fc.subarray(['d/', 'd/e/', 'm/', 'l', 'a', 'd/f', 'd/e/g', 'm/h'])

/** Makes what is there before, and `keep`, a file that no task changes. */
export const prepare = (root: string, there: string[]): void => {
  writeFileSync(join(root, 'keep'), 'y=1\n')
  for (const path of there) {
    const at = join(root, path)
    mkdirSync(path.endsWith('/') ? at : dirname(at), { recursive: true })
    if (path === 'l') symlinkSync('d', at)
    else if (!path.endsWith('/')) {
      writeFileSync(at, 'x=1\n')
      chmodSync(at, 0o644)
    }
  }
}

/** A file with a list of access, and one on which another is mounted: what a host may have besides. */
export const besides: fc.Arbitrary<string[]> = fc.subarray(['acl', 'bound'])
const listed = tarWith('acl', '640', {
  access: 'user::rw-\nuser:games:r--\ngroup::---\nmask::r--\nother::---\n',
}).toString('base64')
const special: Record<string, string> = {
  acl: `echo ${listed} | base64 -d | tar ${unpackWords.join(' ')}; printf 'x=1\\n' >acl`,
  bound: 'printf "x=1\\n" >under; : >bound; mount --bind under bound',
}

/** The same as a script, for a host that is reached by a shell. */
export const preparing = (root: string, there: string[]): string =>
  [
    `umount ${root}/bound 2>/dev/null; rm -rf ${root}; mkdir -p ${root}; cd ${root}; printf 'y=1\\n' >keep`,
    ...there.map(path => {
      if (special[path] !== undefined) return special[path]
      if (path.endsWith('/')) return `mkdir -p ${path}`
      if (path === 'l') return 'ln -s d l'
      return `mkdir -p ${dirname(path)}; printf 'x=1\\n' >${path}; chmod 644 ${path}`
    }),
  ].join('\n')

/** What lies beside a playbook. */
export const files: Record<string, string | Buffer> = {
  'templates/t.hbs': 'v={{ v }}\n',
  'files/c.txt': 'x=1\nof the controller\n',
  'files/tree/f': 'x=1\nof the tree\n',
  'files/tree/e/g': 'x=1\n',
  'files/tree/new': 'new\n',
  'files/p.tar.gz': pack({ f: 'x=1\n', 'n/one': '1\n', 'n/q/two': '2\n' }, '-z', '--mode=u=rwX,go=rX'),
}
