import { quote } from './quote.ts'

/**
 * What takes the place of a file by rename has to hand on all that the file has besides its bytes: mode, owner, access
 * control list, extended attributes, SELinux label. Words of POSIX sh, each of one line.
 */
export type Dressing = {
  mode: string
  /** Without both what is replaced keeps its owner and group. */
  owner?: string
  group?: string
  /** What is replaced has this mode and owner already. */
  keeps?: boolean
}

/**
 * `keep FROM TO` gives one file the attributes of another with `cp`, and looks whether that has come true: cp is silent
 * where it may not hand an owner on, and one built without lists of access leaves the list out. Since coreutils 9.2 cp also
 * leaves what a file has from the default list of its folder: `setfacl` takes that away, where it is installed.
 * Without xattr support in cp there is no other way to keep extended attributes, nor to see them: mode and owner are
 * what is left. The label is asked for only where SELinux is on, since cp fails over it elsewhere. `again FROM TO` hands on
 * the extended attributes alone, where cp can.
 */
export const keepFunction = [
  'alike() { ls -ldnb -- "$@" | { read -r a _ b c _; read -r x _ y z _; [ "$a $b $c" = "$x $y $z" ]; }; }',
  'bare() { e=$(setfacl -b -- "$2" 2>&1) && chmod --reference="$1" -- "$2" && alike "$@"; }',
  // BusyBox: owner and mode as numbers, the access control list where there are the tools for it.
  'plainly() { set -- "$1" "$2" $(stat -c "%u:%g %a" -- "$1") && chown "$3" "$2" && chmod "$4" "$2" || return',
  '! command -v setfacl >/dev/null || getfacl -cp -- "$1" 2>/dev/null | setfacl --set-file=- -- "$2"; }',
  'keep() { l=mode,ownership,xattr; [ ! -e /sys/fs/selinux/enforce ] || l=$l,context',
  `e=$(cp --attributes-only --preserve=$l -- "$1" "$2" 2>&1) || case $e in *'without xattr support'*) chown --reference="$1" -- "$2" && chmod --reference="$1" -- "$2";; *option*attributes-only*) plainly "$@"; return;; *) printf '%s\\n' "$e" >&2; false;; esac || return`,
  `alike "$@" || bare "$@" || { printf '%s\\n' "owner and access control list of \${of:-$1} could not be handed on to what takes its place (setfacl, of the package acl, may help)" >&2; return 1; }; }`,
  `again() { e=$(cp --attributes-only --preserve=xattr -- "$1" "$2" 2>&1) || case $e in *'without xattr support'*|*option*attributes-only*) ;; *) printf '%s\\n' "$e" >&2; false;; esac; }`,
].join('; ')

/** Owner and group as chown takes them; undefined where neither is given. */
export const ownerWord = ({ owner, group }: { owner?: string; group?: string }): string | undefined =>
  owner === undefined && group === undefined ? undefined : `${owner ?? ''}${group === undefined ? '' : `:${group}`}`

const chown = (owner: string | undefined, file: string): string[] =>
  owner === undefined ? [] : [`chown -h -- ${quote(owner)} ${file}`]

/**
 * Gives `$t`, which has its bytes and is closed to others, what the file that it replaces has, and mode and owner; in a closet
 * (see `pinFunctions`). A link is replaced, and hands on nothing. Where mode or owner change, that is made out first on an
 * empty file, `$o`: so at no moment the new bytes can be read by who might read the old ones and may not read these. chown
 * takes capabilities away, and set-ID bits: they come again.
 */
export const dressed = (dressing: Dressing): string => {
  const { mode, keeps } = dressing
  const owner = ownerWord(dressing)
  const changed = [
    'spare',
    'keep "$was" "$o"',
    ...chown(owner, '"$o"'),
    ...(owner === undefined ? [] : ['again "$was" "$o"']),
    `chmod ${mode} "$o"`,
    'keep "$o" "$t"',
    'rm -f -- "$o"',
  ]
  const kept = ['keep "$was" "$t"', `chmod ${mode} "$t"`]
  const fresh = [...chown(owner, '"$t"'), `chmod ${mode} "$t"`]
  return `look && if [ -f "$was" ] && [ ! -h "$was" ]; then ${(keeps ? kept : changed).join(' && ')}; else ${fresh.join(' && ')}; fi`
}
