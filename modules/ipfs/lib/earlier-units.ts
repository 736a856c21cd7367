/** The first line of every unit that the playbooks have ever written. */
export const unitMark = '# Written by runbook; changes are overwritten.'

/**
 * The units of all playbooks so far without their comments and values, as digests: whose mark somebody took away is still
 * ours. `test/state/units` has them in full; a release whose templates say something else adds its own here.
 */
export const earlierShapes: readonly string[] = [
  // ipfs: as first written; hardened; with a limit of restarts; as it is since it may lie in a home.
  '7d1f2f51cb3f02cc591c6d96b0b95332ab553803e9c8415c4c2f5cb7e878f864',
  'e6dbe84a932f634ff8dc5f62868f78bbb282e86577b0501cc1dd626cb2f2402e',
  '0ce32b06def40430e964310b1fa8d886855cba15296ca4929f3a33748e6f0ff0',
  '9078f918a18e7bcbf4a921ae0e001d45a359a7d0b3fc428acab5036aaf1bd487',
  // ipfs-cluster: the same four, and the last one for raft.
  '902ae272db84dc6d21636e54d5d4dd8b4d9569b4adef424b95fe7275b420378e',
  '643ecc48cfa235f5cd4b7bd062c31c373969efb0df11b117061c527642136024',
  'b13cbdab1a79f2033191f3c91627571a8ed6fc379a813386dc1f5567f6c045fc',
  '36afbde64a7f9821a351c7566baace839d9e73191e868dbcb769be062f365464',
  '727022be1bc995d0b7329d6a5d5e633ba75f5eec5a93fd51e5359ddf8a676e0e',
]
