/** Camera addresses as people type them. Pure. */

/** Paths that many cameras use, offered as a start; the camera's manual knows the right one. */
export const PATH_HINTS = ['/stream1', '/live', '/h264', '/onvif1', '/live/ch00_0', '/Streaming/Channels/101', '/cam/realmonitor?channel=1&subtype=0', '/h264Preview_01_main'] as const;

export interface Address {
  url: string;
  user: string;
  password: string;
}

/**
 * Makes an RTSP URL of what was typed: a host alone gets scheme and path, credentials inside the URL are
 * taken out of it. Null where no address can be made of it.
 */
export function readAddress(typed: string, path = ''): Address | null {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]+)([/?].*)?$/i.exec(typed.trim());
  if (match === null || /\s/.test(typed.trim())) return null;
  const [, scheme = 'rtsp', authority = '', rest = '/'] = match;
  if (!/^rtsps?$/i.test(scheme)) return null;
  // A password may hold an @; a host may not.
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (!HOST.test(host)) return null;
  const [user = '', ...password] = authority.slice(0, Math.max(at, 0)).split(':');
  return {
    url: `${scheme.toLowerCase()}://${host}${rest === '/' && path !== '' ? path : rest}`,
    user: decoded(user),
    password: decoded(password.join(':')),
  };
}

/** A name or IPv4 address, or an IPv6 address in brackets; and a port. */
const HOST = /^(?:\[[0-9a-f:.%]+\]|[\p{L}\p{N}_.-]+)(?::\d{1,5})?$/iu;

/** Percent-encoding undone; text that only looks encoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
