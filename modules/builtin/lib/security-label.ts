import { program, type Query, uses } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// Labels of SELinux. Where it is off they mean nothing, as to Ansible. Where it is on runbook sets none: what takes the place of
// a file hands its label on, and what is new gets that of the policy.

type Label = { seuser?: string; serole?: string; setype?: string; selevel?: string }
/** Whether SELinux is on. */
export type LabelSupport = { isOn: boolean }

const names = ['seuser', 'serole', 'setype', 'selevel'] as const
const options = { seuser: '-u', serole: '-r', setype: '-t', selevel: '-l' }

/** By the shell alone; nothing but a restart of the host changes it. */
export const labelSupport = (label: Label): Query<LabelSupport, false> | undefined =>
  names.every(name => label[name] === undefined)
    ? undefined
    : uses(
        program({
          key: 'selinux',
          sh: '[ ! -e /sys/fs/selinux/enforce ] || echo on',
          looks: [],
          parse: ({ stdout }) => ({ isOn: stdout.length > 0 }),
          subject: 'SELinux',
        }),
      )

/** A label that would have to be set, and how to do that. */
export const unsetLabel = (label: Label, found: LabelSupport | undefined): Obstacle | undefined => {
  if (!found?.isOn) return undefined
  const given = names.filter(name => label[name] !== undefined)
  const words = given.map(name => `${options[name]} ${label[name]}`).join(' ')
  return {
    why: `SELinux is on there, and runbook sets no labels of files (${given.join(', ')})`,
    fix: `leave ${given.join(', ')} out and run chcon ${words} PATH with command behind it, or give the policy a rule (semanage fcontext) and run restorecon`,
  }
}
