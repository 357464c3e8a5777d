/** Sending files in pieces: takes up an upload where it broke off, within bounds. */
import { ApiError } from '../api/client';
import type { CheckLimits, ChecksPort } from '../api/checks';

/** A file with the name that it has in what was dropped, folders included. */
export interface PickedFile {
  name: string;
  file: File;
}

const TRIES_MAX = 6;
const WAIT_MS = 1_000;
const FOLDER_FILES_MAX = 500;

/** Why these files are not taken, as a key of the catalogue without its prefix; null: they are. */
export function problemOf(files: readonly PickedFile[], limits: CheckLimits): 'too_many_files' | 'file_too_large' | 'check_too_large' | 'empty_file' | null {
  if (files.length > limits.files) return 'too_many_files';
  if (files.some(({ file }) => file.size > limits.file_bytes)) return 'file_too_large';
  if (files.some(({ file }) => file.size === 0)) return 'empty_file';
  if (files.reduce((sum, { file }) => sum + file.size, 0) > limits.check_bytes) return 'check_too_large';
  return null;
}

/**
 * Sends all files of a check.
 * @param report is told how many bytes of all are there.
 * @throws ApiError the hub refuses, or does not answer for a while.
 */
export async function sendFiles(port: ChecksPort, id: string, files: readonly PickedFile[], pieceBytes: number, report: (sent: number) => void, signal: AbortSignal): Promise<void> {
  let before = 0;
  for (const [number, { file }] of files.entries()) {
    let offset = 0;
    while (offset < file.size) {
      offset = await sendPiece(port, id, number, offset, file.slice(offset, offset + pieceBytes), signal);
      report(before + offset);
    }
    before += file.size;
  }
}

async function sendPiece(port: ChecksPort, id: string, number: number, offset: number, piece: Blob, signal: AbortSignal): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await port.send(id, number, offset, piece, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || signal.aborted) throw error;
      // An answer was lost: the hub says how far it is.
      const received = error.code === 'wrong_offset' ? error.fields['received'] : undefined;
      if (typeof received === 'number' && received > offset) return received;
      const isPassing = error.status === 0 || error.status === 408 || error.status === 503;
      if (!isPassing || tries >= TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS * tries));
    }
  }
}

/** The files that were dropped, those inside folders too. */
export async function droppedFiles(transfer: DataTransfer): Promise<PickedFile[]> {
  // Entries must be taken at once: the list is emptied when the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return pickedFiles(transfer.files);
  const found: PickedFile[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: PickedFile[]): Promise<void> {
  if (found.length >= FOLDER_FILES_MAX || entry.name.startsWith('.')) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ name: entry.fullPath.replace(/^\/+/, ''), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0 || found.length >= FOLDER_FILES_MAX) return;
    for (const inner of batch) await collect(inner, found);
  }
}

/** The files of a picker, with their folder where a folder was picked. */
export function pickedFiles(list: FileList | null): PickedFile[] {
  return [...(list ?? [])].slice(0, FOLDER_FILES_MAX).map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}
