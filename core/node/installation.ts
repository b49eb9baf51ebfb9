/** Exit code of a node that left because a newer version is in place: whoever supervises it starts it again. */
export const EXIT_UPDATED = 75;

/**
 * The folder of versions that a file of ours lies in, as `cyxwiz node update` lays it out:
 * `<app>/versions/<version>/lib/node_modules/cyxwiz/…`, with `<app>/current` pointing at the version to start next.
 * Undefined for a clone or a package that was installed in another way.
 */
export function appFolderOf(path: string): { readonly app: string; readonly version: string; readonly inside: string } | undefined {
  const found = /^(.*)\/versions\/([^/]+)\/lib\/node_modules\/cyxwiz\/(.+)$/.exec(path);
  return found === null ? undefined : { app: found[1]!, version: found[2]!, inside: found[3]! };
}
