import type { Callable } from '../callable.ts'
import { existenceFilters } from './existence.ts'

/** Every filter by its name, Ansible's and Jinja's. */
export const filters: Readonly<Record<string, Callable>> = { ...existenceFilters }
