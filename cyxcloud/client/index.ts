/** CyxCloud for everybody else; its types are in `types.ts`. */
export { CyxCloudClient } from './client.ts';
