// Files of a message: chosen, dropped or pasted; how far they are, and what went wrong.
import { useEffect, useRef, useState } from 'react';
import { upload } from './client';
import { useSession } from './session';

const uploadAttachment = `mutation Upload($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) { attachment { id fileName } userErrors { code message field } }
}`;

interface Uploaded {
  data?: { uploadAttachment: { attachment: { id: string; fileName: string } | null; userErrors: { message: string }[] } };
  errors?: { message: string }[];
}

interface Upload {
  key: number;
  name: string;
  /** From 0 to 1. */
  done: number;
  stop: AbortController;
}

export function useUploads(conversationId: string, add: (file: { id: string; name: string }) => void, failed: (problems: string[]) => void) {
  const { token } = useSession();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const last = useRef(0);
  const all = useRef(uploads);
  all.current = uploads;
  useEffect(() => () => all.current.forEach((one) => one.stop.abort()), []);

  async function send(file: File) {
    const key = ++last.current;
    const stop = new AbortController();
    setUploads((known) => [...known, { key, name: file.name, done: 0, stop }]);
    const progress = (done: number) => setUploads((known) => known.map((one) => (one.key === key ? { ...one, done } : one)));
    try {
      const answer = (await upload(token, uploadAttachment, { to: { conversationId } }, file, progress, stop.signal)) as Uploaded;
      const attachment = answer.data?.uploadAttachment.attachment;
      if (attachment) add({ id: attachment.id, name: attachment.fileName });
      else failed((answer.errors ?? answer.data?.uploadAttachment.userErrors ?? []).map((error) => `${file.name}: ${error.message}`));
    } catch {
      if (!stop.signal.aborted) failed([`${file.name} could not be uploaded.`]);
    } finally {
      setUploads((known) => known.filter((one) => one.key !== key));
    }
  }
  return { uploads, attach: (files: Iterable<File>) => void Promise.all([...files].map(send)) };
}

export function Uploading({ uploads }: { uploads: Upload[] }) {
  return uploads.map((one) => (
    <li key={one.key}>
      <bdi>{one.name}</bdi> <progress aria-label={`Uploading ${one.name}`} value={one.done} /> <button type="button" aria-label={`Stop ${one.name}`} onClick={() => one.stop.abort()}>✕</button>
    </li>
  ));
}
