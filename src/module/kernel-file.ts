// Files that the kernel makes anew at each look, and that nothing can take the place of.

/** Kinds of file systems where none can be put, and those of them where none can be removed. */
const closed = new Set(
  'bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl mqueue proc pstore securityfs selinuxfs sysfs tracefs'.split(
    ' ',
  ),
)
const lasting = new Set('cgroup cgroup2 debugfs devpts proc securityfs selinuxfs sysfs'.split(' '))

/** Whether a file system of this type lets nothing be put there, or nothing be removed. */
export const isClosedToFiles = (type: string, way: 'placed' | 'removed'): boolean =>
  (way === 'placed' ? closed : lasting).has(type)

export const isKernelPath = (path: string): boolean => /^\/(proc|sys)(\/|$)/.test(path)

/** How a value that the kernel shows as a file is set. */
export const kernelFileFix = (path: string): string => {
  const name = /^\/proc\/sys\/(.+)/.exec(path)?.[1]?.replaceAll('/', '.')
  return name === undefined
    ? `Write to it with command: argv: [sh, -c, "echo VALUE >${path}"], and touches: [${path}].`
    : `Set it with command: sysctl -w ${name}=VALUE; a line in a file of /etc/sysctl.d keeps it over a restart.`
}
