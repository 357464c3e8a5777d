/** The mock's account: one owner with a passkey, codes and two sessions; everything is believed. */
import { AccountClient, type Factors, type MailState, type SessionEntry } from '../../api/account';
import type { AccountPort } from '../account';
import { DAY_US, hexId } from './world';

const nowUs = (): number => Date.now() * 1000;

function factors(): Factors {
  const made = { created_us: nowUs() - 30 * DAY_US, last_used_us: nowUs() - DAY_US };
  return {
    passkeys: [{ id: 'AAAA', name: 'Firefox on Linux', rp_id: 'home.example', is_synced: true, here: true, ...made }],
    totp_since_us: null, recovery_codes_left: 9, email: '', mail: true, passkey_name: 'home.example', passphrase_length_min: 12,
  }; // prettier-ignore
}

function sessions(): SessionEntry[] {
  const here = { id: hexId(901), device: 'Firefox on Linux', factor: 'passkey', path: 'home.example', shared: false };
  return [
    { ...here, created_us: nowUs() - DAY_US, last_seen_us: nowUs(), this: true },
    { ...here, id: hexId(902), device: 'Kitchen tablet', factor: 'passphrase+totp', path: '192.168.1.20', shared: true, created_us: nowUs() - 9 * DAY_US, last_seen_us: nowUs() - 3 * 3.6e9, this: false },
  ]; // prettier-ignore
}

const MAIL: MailState = {
  server: { host: 'mail.example.org', port: 465, security: 'tls', user: 'hub', sender: 'hub@example.org', authority_pem: '' },
  last_error: '',
};

const ANSWERS: Record<string, () => unknown> = {
  'GET /factors': factors,
  'GET /sessions': sessions,
  'GET /mail': () => MAIL,
  'GET /egress': () => [],
  'POST /factors/totp': () => ({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Keepsight:Ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Keepsight' }),
  'POST /factors/recovery-codes': () => ({ codes: Array.from({ length: 10 }, (_, n) => `7K2M-Q9XD-0FT${n}`) }),
  'POST /session/forgot': () => ({ ticket: hexId(990), email: true }),
};

/** @param signIn of the mock hub, which knows the one right passphrase. */
export function mockAccount(signIn: (member: string, passphrase: string) => Promise<void>): AccountPort {
  const answer = async <T>(name: string): Promise<T> => ANSWERS[name]?.() as T;
  const client = new AccountClient({
    get: <T>(path: string) => answer<T>(`GET ${path}`),
    change: <T>(method: string, path: string) => answer<T>(`${method} ${path}`),
  });
  return {
    client,
    async signIn(member, passphrase) {
      if (member === 'Bea') return { ticket: hexId(991), factors: ['totp', 'recovery_code', 'email_pin'] };
      await signIn(member, passphrase);
      return null;
    },
    signInWithPasskey: async () => undefined,
    giveCode: async () => undefined,
    givePasskey: async () => undefined,
    addPasskey: async () => undefined,
    confirmWithPasskey: async () => undefined,
  };
}
