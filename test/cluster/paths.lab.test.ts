import { test } from 'uvu'
import { needApplied, needNothingToDo } from './network.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('paths')

const words = ['-e', "{bin_dir: /srv/a b/bin, ipfs_path: /srv/a b/ipfs ü, ipfs_cluster_path: /srv/a b/it's}"]

check('folders with blanks, quotes and other letters in their names', async () => {
  await lab.raise(1)
  await needApplied(lab, ...words)
  await needNothingToDo(lab, ...words)
})

test.run()
