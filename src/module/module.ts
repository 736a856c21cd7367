/** The author's contract: the only file of src/ that modules import. */

export type { ArchiveMember } from '../core/archive-member.ts'
export { pinFunctions } from '../core/pinned-folder.ts'
export { escapedCharacters, pattern } from '../core/python-pattern.ts'
export { quote, quoted } from '../core/quote.ts'
export { didYouMean } from '../core/suggest.ts'
export { md5Crypt, saltLetters, shaCrypt } from '../core/unix-crypt.ts'
export { isUnknown, type Later, later, open } from '../core/unknown.ts'
export type { Json } from '../core/value.ts'
export {
  type Content,
  content,
  isRecord,
  memberAt,
  same,
  secretContent,
  sha1,
  sha256,
  withMember,
} from '../core/value.ts'
export { type Change, type Decide, type Diagnosis, defineCollective, defineModule, type Verdict } from './define.ts'
export { accountGroup, type GroupAnswer, type UserAnswer, user } from './probes/account.ts'
export { type AccountNumbers, accountNumbers } from './probes/account-numbers.ts'
export {
  type ArchiveAnswer,
  type ArchiveWanted,
  archive,
  type LocalFileAnswer,
  localArchive,
  localFile,
  type SourceAnswer,
  type SourceEntry,
  source,
  sourceLinks,
  type TemplateAnswer,
  template,
} from './probes/controller.ts'
export { type FactSource, type Facts, factSource, facts } from './probes/facts.ts'
export { digest, type FileAnswer, file, fileWithTies, folderAt, stat } from './probes/file.ts'
export { readWhole } from './probes/file-content.ts'
export { type Listing, listing } from './probes/listing.ts'
export { cpKind, packedFunction, tarKind } from './probes/other-tools.ts'
export { packageState } from './probes/package.ts'
export { type PackageAnswer, type PackageManager, packageLists } from './probes/package-manager.ts'
export { isInPlace, type PackageRun, type PackageWish, packageRun } from './probes/package-run.ts'
export { portableFolder, portableLog, portableProgram, portableScript, unitFile, unitName } from './probes/portable.ts'
export { asUser, command, program } from './probes/program.ts'
export { installable, processStart, type StartAnswer, service, unitStart } from './probes/service.ts'
export type { ServiceAnswer } from './probes/unit-answer.ts'
export { settingsIn, type UnitSettings } from './probes/unit-settings.ts'
export {
  type ManagerEnvironment,
  managerEnvironment,
  type Setting,
  type UnitSurroundings,
  unitSurroundings,
} from './probes/unit-surroundings.ts'
export { isStanding } from './probes/unit-text.ts'
export { type Query, uses } from './query.ts'
export type { Reach } from './reach.ts'
export { type Static, T, type TObject, type TSchema } from './schema.ts'
export { attributes, exec, type From, folder, link, type OnTheWay, type Step, temporaryBeside, uncut } from './step.ts'
