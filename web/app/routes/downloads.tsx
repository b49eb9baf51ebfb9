import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { Download as DownloadIcon } from 'lucide-react';
import { Command } from '../components/ui/command.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Fact, Facts } from '../components/ui/facts.tsx';
import { Moment } from '../components/ui/moment.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { sizeText } from '../lib/format.ts';
import { BUILD_TRAINER, SET_UP_NODE, START_NODE, whereIs, type PlatformUrls } from '../lib/provider-commands.ts';

export const meta: MetaFunction = () => [{ title: 'Downloads · CyxWiz' }];

/** Public: one looks before one signs up. */
export async function loader({ context }: LoaderFunctionArgs) {
  const [download] = await context.readDownloads();
  const { http, storage, grpc, gateway } = context.publicUrls;
  return json({ download: download ?? null, urls: { http, storage, grpc, gateway } });
}

export default function Downloads() {
  const { download, urls } = useLoaderData<typeof loader>();
  return (
    <Page title="Downloads" intro="The command line and the Server Node are one package, which this site serves itself. It is the source: what you run is what you can read." narrow>
      {download === null ? (
        <div className="rounded-lg border bg-panel">
          <EmptyState icon={DownloadIcon} title="Nothing is packed yet">
            Whoever runs this site packs it with <code className="figure text-xs text-ink">npm run setup</code>. It then stands here.
          </EmptyState>
        </div>
      ) : (
        <div className="space-y-5">
          <Package download={download} url={`${urls.http}/downloads/${download.file}`} />
          <FirstSteps urls={urls} />
        </div>
      )}
      <Panel title="This site as an app" className="mt-5">
        <p className="text-muted">
          Your browser installs it, with a window and an icon of its own: in Chrome and Edge by the install icon in the address bar, in Safari by Share and then Add to Dock or Add to Home Screen. It is the
          same site, so there is nothing to keep up to date.
        </p>
      </Panel>
    </Page>
  );
}

interface PackageProps {
  readonly download: { readonly file: string; readonly version: string; readonly sizeBytes: number; readonly sha256: string; readonly madeAt: string };
  readonly url: string;
}

function Package({ download: { file, version, sizeBytes, sha256, madeAt }, url }: PackageProps) {
  return (
    <Panel title={`cyxwiz ${version}`} aside={<span className="text-xs text-muted">Node 20 or 22</span>}>
      <p className="mb-2 font-medium">Install</p>
      <Command text={`npm install -g --ignore-scripts ${url}`} />
      <p className="mt-4 mb-2 font-medium">Or check it first</p>
      <Command text={`curl -fO ${url}\necho "${sha256}  ${file}" | sha256sum -c\nnpm install -g --ignore-scripts ./${file}`} />
      <Facts className="mt-5">
        <Fact name="File">
          <a href={`/downloads/${file}`} download className="figure font-medium text-accent underline underline-offset-3">
            {file}
          </a>
        </Fact>
        <Fact name="Size">
          <span className="figure">{sizeText(sizeBytes)}</span>
        </Fact>
        <Fact name="SHA-256">
          <span className="figure text-xs break-all">{sha256}</span>
        </Fact>
        <Fact name="Packed">
          <Moment at={madeAt} />
        </Fact>
      </Facts>
    </Panel>
  );
}

function FirstSteps({ urls }: { urls: PlatformUrls }) {
  return (
    <Panel title="First steps">
      <p className="mb-2 font-medium">Say where this platform is, and log in</p>
      <Command text={`${whereIs(urls)}\ncyxwiz login me@example.org`} />
      <p className="mt-4 mb-2 font-medium">Store data from a terminal</p>
      <Command text="cyxwiz data put my-data.safetensors" />
      <p className="mt-4 mb-2 font-medium">Rent this machine out</p>
      <p className="mb-2 text-muted">
        The first command measures the machine, stakes 100 CYXWIZ from your wallet and lists it; the price is CYXWIZ an hour, and 90 % of every job goes to you. The second works until you stop it.{' '}
        <Link to="/provide" className="font-medium text-accent underline underline-offset-3">
          What nodes earn, and what they risk
        </Link>
      </p>
      <Command text={`${SET_UP_NODE}\n${START_NODE}`} />
      <p className="mt-4 mb-2 font-medium">Train on this machine</p>
      <p className="mb-2 text-muted">Training here, for yourself or as a Server Node, needs TensorFlow’s native half. It is built once, with Python 3 and g++:</p>
      <Command text={BUILD_TRAINER} />
    </Panel>
  );
}
