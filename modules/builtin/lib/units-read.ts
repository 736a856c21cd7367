import { program } from '../../../src/module/module.ts'

/**
 * When systemd has last read all its units, in microseconds since the boot. Whoever has it do so again promises another
 * moment: what is known of units follows from that.
 */
export const unitsRead = program<{ at: number }>({
  key: 'units-read',
  sh: 'systemctl show --property=UnitsLoadFinishTimestampMonotonic --value 2>/dev/null',
  looks: ['daemon-reload'],
  parse: output => ({ at: Number(output.stdout.toString().trim()) || 0 }),
  subject: 'what systemd has read of its units',
})
