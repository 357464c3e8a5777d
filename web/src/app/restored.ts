/**
 * A restored backup shows twice: in the ledger, and in the list of members. A person is told once, by
 * the members' banner, which stands over every page and opens no picture; one answer is for both.
 */
import type { Contact } from '../seal/ledger';
import type { MembershipProblem } from '../seal/membership';

/** What a person can answer; the others say that something must not be gone on with. */
const ANSWERABLE: readonly MembershipProblem[] = ['rollback', 'restored', 'fork', 'held_back'];
const OF_A_BACKUP: readonly string[] = ['rollback', 'fork'];

export function isAnswerable(problem: MembershipProblem | null): problem is MembershipProblem {
  return problem !== null && ANSWERABLE.includes(problem);
}

/** Whether what the ledger showed is what an older backup leads to; another key or signature is not. */
function isBackup(contact: Contact | null): boolean {
  if (contact?.kind === 'alarm') return OF_A_BACKUP.includes(contact.problem);
  return contact?.kind === 'restored';
}

/** Whether both say that a backup was restored: then the ledger's banner would say it again. */
export function isSaidTwice(problem: MembershipProblem | null, contact: Contact | null): boolean {
  return isAnswerable(problem) && isBackup(contact);
}
