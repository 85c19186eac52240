import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { listenOnFreePort, type LocalService } from './service';
import { readBody } from '../http/body';

/** More than any response that is recorded. */
const MAX_OBJECT_BYTES = 64 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body?: Buffer;
}

/**
 * The part of S3 that an overflow bucket needs: objects are put, read and
 * deleted, by path (`/bucket/key`), each in a file of its own below
 * `directory`. An object that is acknowledged is on the disk.
 */
export function startObjects(buckets: () => readonly string[], directory: string): Promise<LocalService> {
  return listenOnFreePort(http.createServer((request, response) => {
    void readBody(request, MAX_OBJECT_BYTES)
      .then((body) => answerTo(request, body, buckets(), directory))
      .catch(() => problem(500, 'InternalError'))
      .then(({ status, body }) => {
        const headers = { 'content-type': status < 400 ? 'application/octet-stream' : 'application/xml', 'content-length': body?.length ?? 0 };
        response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
      });
  }));
}

async function answerTo(request: http.IncomingMessage, body: Buffer | string, buckets: readonly string[], directory: string): Promise<Answer> {
  const [, bucket = '', key = ''] = /^\/([^/?]+)\/([^?]*)/.exec(request.url ?? '') ?? [];
  if (!buckets.includes(bucket)) return problem(404, 'NoSuchBucket');
  if (String(request.headers['x-amz-content-sha256']).startsWith('STREAMING-')) return problem(501, 'NotImplemented');
  const file = path.join(directory, bucket, createHash('sha256').update(decodeURIComponent(key)).digest('hex'));
  switch (request.method) {
    case 'PUT':
      if (typeof body === 'string') return problem(400, 'EntityTooLarge');
      await write(file, body);
      return { status: 200 };
    case 'GET':
    case 'HEAD':
      return readFile(file).then((content) => ({ status: 200, body: content }), () => problem(404, 'NoSuchKey'));
    case 'DELETE':
      await rm(file, { force: true });
      return { status: 204 };
    default:
      return problem(501, 'NotImplemented');
  }
}

/** Whole or not at all: into another file, down to the disk, and then in place. */
async function write(file: string, content: Buffer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  const handle = await open(unfinished, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}

const problem = (status: number, code: string): Answer =>
  ({ status, body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`) });
