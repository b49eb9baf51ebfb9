import type { Services } from '#api/services/types';
import type { Download, WebPublicUrls } from '../server.server.ts';
import type { RequestSession } from './lib/request-session.server.ts';

declare module '@remix-run/server-runtime' {
  /** What every loader and action is given: the use cases, and who is asking. */
  interface AppLoadContext {
    readonly services: Services;
    readonly publicUrls: WebPublicUrls;
    readonly session: RequestSession;
    /** What people install, as set-up packed it. */
    readonly readDownloads: () => Promise<readonly Download[]>;
    /** The caller's network address, where the server knows it. */
    readonly from: string | undefined;
    /** Names this request in the logs, and on the page where something broke. */
    readonly requestId: string;
    /** Marks the scripts of this answer as ours, for the content security policy. */
    readonly nonce: string;
  }
}
