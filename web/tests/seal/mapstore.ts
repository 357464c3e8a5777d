// The device store of tests: a Map.

import type { DeviceStore } from '../../src/seal/device';

export function mapStore(): DeviceStore {
  const kept = new Map<string, unknown>();
  return {
    get: async (name) => kept.get(name),
    put: async (name, value) => void kept.set(name, value),
    keepFirst: async (name, value) => {
      if (!kept.has(name)) kept.set(name, value);
      return kept.get(name);
    },
  };
}
