/** The mock's master key: an epoch of eleven days, and a recovery key that opens nothing. */
import { KeysClient } from '../../api/keys';
import { DAY_US, hexId } from './world';

const EPOCH_DAYS = 30;

export function mockKeys(): KeysClient {
  let [epoch, startedUs] = [4, Date.now() * 1000 - 11 * DAY_US];
  const answer = (path: string): unknown => {
    if (path !== '/recovery-kit') return { epoch, started_us: startedUs, due_us: startedUs + EPOCH_DAYS * DAY_US, kit_follows: true };
    const identity = `AGE-SECRET-KEY-1${hexId(87).slice(0, 26).toUpperCase()}${hexId(88).toUpperCase()}`;
    return { identity, file: btoa('recovery') };
  };
  return new KeysClient({
    get: async <T>(path: string) => answer(path) as T,
    change: async <T>(_method: string, path: string) => {
      if (path === '/epochs') [epoch, startedUs] = [epoch + 1, Date.now() * 1000];
      return answer(path) as T;
    },
  });
}
