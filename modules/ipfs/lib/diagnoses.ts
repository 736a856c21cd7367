import { type DiagnosisRule, diagnoseBy } from '../../builtin/lib/diagnosis-rule.ts'
import { clusterRules } from './cluster-diagnoses.ts'
import { kuboRules } from './kubo-diagnoses.ts'

/** What Go says where kubo or ipfs-cluster is built from source. */
const goRules: DiagnosisRule[] = [
  {
    says: /(?:^|[ :])(?:\S+ )?requires go >= (\S+) \(running go (\S+?)[;)]/,
    means: (wanted, found) => ({
      cause: `Go ${found} is too old: what is to be built needs ${wanted}`,
      fix: `install it with go_install, version ${wanted} or newer`,
    }),
  },
]

/**
 * What the output of kubo or ipfs-cluster, or the log of their daemons, means; undefined where nothing in it is known.
 */
export default diagnoseBy([...kuboRules, ...clusterRules, ...goRules])
