/** Talks to the browser's own passkey dialogs: JSON of the hub in, JSON of the hub out. */
import type { PasskeyAnswer, PasskeyQuestion } from '../api/account';
import { fromBase64, toBase64, type Bytes } from '../seal/encoding';

/** Why a passkey did not come about; each has a sentence in the catalogue. */
export class PasskeyProblem extends Error {
  override readonly name = 'PasskeyProblem';
  constructor(
    readonly code: 'none' | 'cancelled' | 'exists' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(`no passkey: ${code}`, options);
  }
}

/** Whether this browser knows passkeys at all. The hub says whether this address may have some. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && isSecureContext;
}

function bytesOf(text: unknown): Bytes {
  const plain = String(text).replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4));
}

function textOf(buffer: ArrayBuffer): string {
  return toBase64(new Uint8Array(buffer)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

type Json = Record<string, unknown>;

function descriptors(list: unknown): PublicKeyCredentialDescriptor[] {
  if (!Array.isArray(list)) return [];
  return list.map((entry: Json) => {
    const { transports, ...rest } = entry;
    const known = Array.isArray(transports) ? { transports: transports as AuthenticatorTransport[] } : {};
    return { ...rest, type: 'public-key', id: bytesOf(entry['id']), ...known };
  });
}

function problem(error: unknown): PasskeyProblem {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return new PasskeyProblem('cancelled', { cause: error });
  if (name === 'InvalidStateError') return new PasskeyProblem('exists', { cause: error });
  return new PasskeyProblem('unknown', { cause: error });
}

/**
 * Makes a passkey on this or another device of the person.
 * @throws PasskeyProblem
 */
export async function makePasskey({ challenge, options }: PasskeyQuestion): Promise<PasskeyAnswer> {
  if (!knowsPasskeys()) throw new PasskeyProblem('none');
  const user = options['user'] as Json;
  const publicKey = {
    ...options,
    challenge: bytesOf(options['challenge']),
    user: { ...user, id: bytesOf(user['id']) },
    excludeCredentials: descriptors(options['excludeCredentials']),
  } as unknown as PublicKeyCredentialCreationOptions;
  let made: Credential | null;
  try {
    made = await navigator.credentials.create({ publicKey });
  } catch (error) {
    throw problem(error);
  }
  if (!(made instanceof PublicKeyCredential)) throw new PasskeyProblem('unknown');
  const response = made.response as AuthenticatorAttestationResponse;
  const answer = {
    id: made.id,
    rawId: textOf(made.rawId),
    type: made.type,
    response: { clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject) },
  };
  return { challenge, answer };
}

/**
 * Has a passkey sign.
 * @throws PasskeyProblem
 */
export async function usePasskey({ challenge, options }: PasskeyQuestion): Promise<PasskeyAnswer> {
  if (!knowsPasskeys()) throw new PasskeyProblem('none');
  const publicKey = {
    ...options,
    challenge: bytesOf(options['challenge']),
    allowCredentials: descriptors(options['allowCredentials']),
  } as unknown as PublicKeyCredentialRequestOptions;
  let found: Credential | null;
  try {
    found = await navigator.credentials.get({ publicKey });
  } catch (error) {
    throw problem(error);
  }
  if (!(found instanceof PublicKeyCredential)) throw new PasskeyProblem('unknown');
  const response = found.response as AuthenticatorAssertionResponse;
  const answer = {
    id: found.id,
    rawId: textOf(found.rawId),
    type: found.type,
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle === null ? null : textOf(response.userHandle),
    },
  };
  return { challenge, answer };
}
