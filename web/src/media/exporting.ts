// A finished export: its sealed pieces fetched, opened and handed on, to a Blob or into a file.

import type { ApiClient } from '../api/client';
import type { ExportJob } from '../api/types';
import { Kind, splitFragments } from '../seal/header';
import { open, Refusal } from '../seal/open';
import type { Keyring } from './keyring';
import type { Refusals } from './refusals';

/** Pieces asked for at once; each is at most 1 MiB. */
const PIECES = 8;

export interface ExportParts {
  readonly api: Pick<ApiClient, 'exported'>;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
}

/**
 * The plaintext pieces in order.
 * @throws ApiError, ReleaseError, Refusal; AbortError
 */
export async function* exportPieces(
  parts: ExportParts,
  job: ExportJob,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const key = await parts.keyring.exported(job.writer, job.camera ?? null);
  for (let first = 0; first < job.pieces; first += PIECES) {
    const last = Math.min(first + PIECES, job.pieces) - 1;
    const body = await parts.api.exported(job.writer, first, last, signal);
    const sealed = splitFragments(body, PIECES);
    if (sealed.length !== last - first + 1) throw new Error('the hub sent fewer pieces than asked');
    for (const [i, one] of sealed.entries()) {
      const sequence = first + i;
      const expected = { kinds: [Kind.EXPORT], sequenceMin: sequence, sequenceMax: sequence };
      try {
        yield (await open(key, expected, one)).payload;
      } catch (error) {
        if (error instanceof Refusal) parts.refusals.add(error, one);
        throw error;
      }
    }
  }
}

/**
 * The whole export in memory.
 * @param progress called with the share that is there, 0 to 1.
 */
export async function exportBlob(
  parts: ExportParts,
  job: ExportJob,
  progress: (share: number) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of exportPieces(parts, job, signal)) {
    pieces.push(piece);
    progress(pieces.length / job.pieces);
  }
  return new Blob(pieces, { type: 'video/mp4' });
}

interface FilePicker {
  showSaveFilePicker?: (options: object) => Promise<{
    createWritable(): Promise<WritableStream<Uint8Array<ArrayBuffer>>>;
  }>;
}

/** Whether an export can go straight into a file, however large. */
export function canSaveToFile(): boolean {
  return (globalThis as FilePicker).showSaveFilePicker !== undefined;
}

/**
 * Ask where to keep the export, then write it piece by piece. Call it from a click.
 * @throws AbortError the person cancelled; otherwise as exportPieces.
 */
export async function saveToFile(
  parts: ExportParts,
  job: ExportJob,
  progress: (share: number) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const picked = await (globalThis as FilePicker).showSaveFilePicker?.({
    suggestedName: job.file_name,
    types: [{ accept: { 'video/mp4': ['.mp4'] } }],
  });
  if (picked === undefined) throw new Error('this browser cannot write files');
  const writer = (await picked.createWritable()).getWriter();
  let count = 0;
  try {
    for await (const piece of exportPieces(parts, job, signal)) {
      await writer.write(piece);
      progress(++count / job.pieces);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined); // leaves no half file
    throw error;
  }
}
