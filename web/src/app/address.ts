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
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `rtsp://${text}`;
  const scheme = withScheme.slice(0, withScheme.indexOf(':')).toLowerCase();
  if (scheme !== 'rtsp' && scheme !== 'rtsps') return null;
  let parsed: URL;
  try {
    // The URL parser knows hosts and credentials of http only.
    parsed = new URL(`http${withScheme.slice(withScheme.indexOf(':'))}`);
  } catch {
    return null;
  }
  if (parsed.hostname === '') return null;
  const credentials = { user: safeDecode(parsed.username), password: safeDecode(parsed.password) };
  const own = `${parsed.pathname}${parsed.search}`;
  const wanted = own === '/' && path !== '' ? path : own;
  // http hides its own default port; a port typed by hand stays.
  const typedPort = /^[^/]*\/\/(?:[^/]*@)?(?:\[[^\]]*\]|[^:/?]*):(\d+)/.exec(withScheme)?.[1];
  const port = typedPort === undefined ? '' : `:${typedPort}`;
  return { url: `${scheme}://${parsed.hostname}${port}${wanted}`, ...credentials };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
