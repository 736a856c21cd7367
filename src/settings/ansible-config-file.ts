import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

type Found = { file?: string; warnings: string[] }

/**
 * The file that counts: the one of ANSIBLE_CONFIG (or in that folder), else ./ansible.cfg, ~/.ansible.cfg or
 * /etc/ansible/ansible.cfg, whichever comes first. Where anybody may write into the current folder its own is passed over:
 * it could name programs to be run. Source: ansible-core 2.19, config/manager.py, find_ini_config_file.
 */
export const findAnsibleConfig = (folder: string, environment: Record<string, string | undefined>): Found => {
  const named = environment.ANSIBLE_CONFIG
  const given = named === undefined ? undefined : resolve(folder, named.replace(/^~(?=\/|$)/, homedir()))
  const isFolder = given !== undefined && statSync(given, { throwIfNoEntry: false })?.isDirectory()
  const own = join(folder, 'ansible.cfg')
  const isOpen = ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0
  const candidates = [
    ...(given === undefined ? [] : [isFolder ? join(given, 'ansible.cfg') : given]),
    ...(isOpen ? [] : [own]),
    join(homedir(), '.ansible.cfg'),
    '/etc/ansible/ansible.cfg',
  ]
  const file = candidates.find(isReadable)
  const isPassedOver = isOpen && existsSync(own) && (given === undefined || file !== candidates[0])
  const why = `anybody may write into ${folder}. Name it with ANSIBLE_CONFIG, or take the right away: chmod o-w .`
  return {
    ...(file === undefined ? {} : { file }),
    warnings: isPassedOver ? [`ansible.cfg here is not read: ${why}`] : [],
  }
}
