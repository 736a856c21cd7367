import { builtinPrefix } from './names.ts'

/** Modules that come with runbook and that Ansible has in a collection beside its builtin one. Source: the collections of ansible 12. */
const COLLECTIONS: Record<string, readonly string[]> = Object.fromEntries(
  Object.entries({
    'ansible.mysql': 'mysql_db mysql_info mysql_query mysql_replication mysql_user mysql_variables',
    'ansible.posix': 'acl authorized_key firewalld firewalld_info mount patch seboolean selinux synchronize sysctl',
    'community.crypto':
      'openssh_keypair openssl_csr openssl_dhparam openssl_pkcs12 openssl_privatekey openssl_privatekey_info x509_certificate x509_certificate_info',
    'community.general':
      'alternatives apache2_module apk archive capabilities cpanm cronvar dpkg_divert filesystem flatpak gem git_config htpasswd ini_file interfaces_file java_cert kernel_blacklist locale_gen lvg lvol make modprobe npm pam_limits pamd parted sefcontext selinux_permissive seport snap sudoers timezone ufw xml',
    'community.mysql': 'mysql_db mysql_info mysql_query mysql_replication mysql_user mysql_variables',
    'community.postgresql':
      'postgresql_db postgresql_ext postgresql_info postgresql_privs postgresql_query postgresql_schema postgresql_user',
  }).map(([collection, names]) => [collection, names.split(' ')]),
)

/** Names of a module that Ansible has besides its own. Source: ansible-core 2.19, lib/ansible/config/ansible_builtin_runtime.yml. */
const OTHER_NAMES: Record<string, string> = { systemd_service: 'systemd', yum: 'dnf' }

/** What a module is called by itself, whatever other name it is given. */
export const ownName = (name: string): string => (Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name]! : name)

/** The names that a task may call a module of runbook's by. */
export const namesOfOurs = (own: string): string[] =>
  [own, ...Object.keys(OTHER_NAMES).filter(name => OTHER_NAMES[name] === own)].flatMap(name => [
    name,
    `${builtinPrefix}${name}`,
    `ansible.builtin.${name}`,
    `ansible.legacy.${name}`,
    ...Object.keys(COLLECTIONS).flatMap(one => (COLLECTIONS[one]!.includes(name) ? [`${one}.${name}`] : [])),
  ])

/**
 * The word of a task as what it stands for: of Ansible's builtin, and of its collections where runbook has the module, it is
 * runbook's own; of Ansible's legacy the first that is found. Any other word is left as it is.
 */
export const moduleWord = (word: string): string => {
  const [, collection = '', name = ''] = /^(\w+\.\w+)\.(\w+)$/.exec(word) ?? []
  if (collection === 'ansible.legacy') return name
  const isOurs = collection === 'ansible.builtin' || COLLECTIONS[collection]?.includes(name) === true
  return isOurs ? `${builtinPrefix}${name}` : word
}

/** A module's word without the collection that says that it is runbook's own. */
export const withoutCollection = (word: string): string => word.replace(builtinPrefix, '')
