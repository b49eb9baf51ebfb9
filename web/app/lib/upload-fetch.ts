/**
 * A fetch that says how much of its body has left, which the browser's own does not. Only what the storage client asks
 * for is there: a method, headers, a Blob, a signal.
 */
export function uploadFetch(onSent: (sentBytes: number) => void): typeof globalThis.fetch {
  return (input, init = {}) => {
    if (!(init.body instanceof Blob)) return fetch(input, init);
    const { body, method = 'GET', signal } = init;
    return new Promise<Response>((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, input instanceof Request ? input.url : input);
      new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.upload.onprogress = ({ loaded }) => onSent(loaded);
      request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
      request.onerror = () => reject(new TypeError('Failed to fetch'));
      request.onabort = () => reject(new DOMException('The upload was stopped', 'AbortError'));
      signal?.addEventListener('abort', () => request.abort());
      request.send(body);
    });
  };
}
