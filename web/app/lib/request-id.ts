import { createContext, useContext } from 'react';

/** Beginning of what a failed fetch of a page's data says; the request's id follows. */
export const DATA_FAULT = 'Fault in request';

/** What Remix says of a document that failed: the page itself knows the id. */
const DOCUMENT_FAULT = 'Unexpected Server Error';
const META = 'request-id';

/** Set on the server; a browser reads it back from the document. */
export const RequestIdContext = createContext<string | undefined>(undefined);

/** The id of the request that this document answered, and the name under which the document carries it. */
export function useRequestId(): { readonly name: string; readonly content: string | undefined } {
  const given = useContext(RequestIdContext);
  const content = typeof document === 'undefined' ? given : (document.querySelector<HTMLMetaElement>(`meta[name=${META}]`)?.content ?? undefined);
  return { name: META, content };
}

/** The id of the request that failed on our side; null for what failed in the browser, or was no fault of ours. */
export function faultyRequest(error: unknown, documentId: string | undefined): string | null {
  if (!(error instanceof Error)) return null;
  if (error.message.startsWith(`${DATA_FAULT} `)) return error.message.slice(DATA_FAULT.length + 1);
  return error.message === DOCUMENT_FAULT ? (documentId ?? null) : null;
}
