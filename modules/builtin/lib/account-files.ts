// What useradd, usermod, userdel, groupadd, groupmod and groupdel write (shadow-utils 4.13): each line of a file is a
// member of it, so that who reads the whole file is asked again, and who asks for another account is not.

/** A dot parts the members of members, and names may have one. */
const lineOf = (file: string, name: string): string => `member:/etc/${file}#${name.replaceAll('.', '%')}`
/** The line, and what the file was before. */
const kept = (files: string[], name: string): string[] =>
  files.flatMap(file => [lineOf(file, name), `path:/etc/${file}-`])

/** What any of them writes for a group. groupmod sets the new number for the users of the group too. */
export const groupFiles = (name: string): string[] => [
  ...kept(['group', 'gshadow', 'passwd'], name),
  'path:/etc/.pwd.lock',
]

/** What any of them writes for a user, but for its home, its mail and its ranges. */
export const userFiles = (name: string): string[] => [
  ...kept(['passwd', 'shadow', 'group', 'gshadow'], name),
  'path:/etc/.pwd.lock',
  'path:/var/log/lastlog',
  'path:/var/log/faillog',
]

/** Where the numbers are kept that a user's own processes may use: given to people, and taken from whoever goes. */
export const rangeFiles = (name: string): string[] => kept(['subuid', 'subgid'], name)

/** useradd makes it where the host's defaults say so, usermod hands it over; userdel leaves it. */
export const mailbox = (name: string): string => `/var/mail/${name}`
