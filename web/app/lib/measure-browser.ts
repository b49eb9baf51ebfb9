/** Operations a second that one core does in this browser, measured beside the page, so that it stays usable. */
export function measureBrowser(): Promise<number> {
  const worker = new Worker(new URL('./browser-benchmark.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<number>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    worker.onerror = () => reject(new Error('The measurement could not be made in this browser.'));
  }).finally(() => worker.terminate());
}
