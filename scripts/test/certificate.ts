import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  /** The private authority, which no system knows. */
  readonly caFile: string;
  /** Its certificate for 127.0.0.1 and localhost, with the authority behind it in the same file. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a throw-away authority and a certificate of it, good for a day. */
export function makeCertificate(folder: string): TestCertificate {
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', ...args], { cwd: folder, stdio: 'ignore' });
  openssl('-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=a private authority');
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'];
  openssl('-keyout', 'us.key', '-out', 'us.crt', ...names, '-CA', 'ca.crt', '-CAkey', 'ca.key');
  const [caFile, certFile, keyFile] = ['ca.crt', 'chain.crt', 'us.key'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(certFile, ['us.crt', 'ca.crt'].map((name) => readFileSync(join(folder, name), 'utf8')).join(''));
  return { caFile, certFile, keyFile };
}
