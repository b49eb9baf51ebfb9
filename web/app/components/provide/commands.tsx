import type { ReactNode } from 'react';
import { BUILD_TRAINER, SET_UP_NODE, START_NODE, whereIs, type PlatformUrls } from '../../lib/provider-commands.ts';
import { Command } from '../ui/command.tsx';

interface CommandsProps {
  readonly urls: PlatformUrls;
  /** Of the package; null where nothing is packed. */
  readonly file: string | null;
}

/** From nothing to a node that works, one paste after another. */
export function ProviderCommands({ urls, file }: CommandsProps) {
  return (
    <ol className="space-y-5">
      <Step number={1} title="Install the command line and the trainer">
        <p className="mb-2 text-muted">Needs Node 20 or 22, Python 3 with venv and a C++ compiler. The trainer is TensorFlow’s native half, built once.</p>
        <Command text={`npm install -g --ignore-scripts ${urls.http}/downloads/${file ?? 'cyxwiz.tgz'}\n${BUILD_TRAINER}`} what="install commands" />
      </Step>
      <Step number={2} title="Say where this platform is, and log in">
        <Command text={`${whereIs(urls)}\ncyxwiz login me@example.org`} what="login commands" />
      </Step>
      <Step number={3} title="Measure, stake, register">
        <p className="mb-2 text-muted">Measures this machine, stakes 100 CYXWIZ from your wallet and lists it. The price is yours: CYXWIZ for an hour of work.</p>
        <Command text={SET_UP_NODE} what="set-up command" />
      </Step>
      <Step number={4} title="Work">
        <p className="mb-2 text-muted">Takes one job at a time until Ctrl-C, which first hands back the job in hand: it goes on elsewhere from its last step, and costs you nothing.</p>
        <Command text={START_NODE} what="start command" />
        <p className="mt-3 mb-2 text-muted">Or have systemd start it with the machine:</p>
        <Command text="cyxwiz node service | sudo tee /etc/systemd/system/cyxwiz-node.service" what="service command" />
      </Step>
    </ol>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3">
      <span className="figure grid size-7 place-items-center rounded-full border border-line-strong/60 text-xs" aria-hidden="true">
        {number}
      </span>
      <div className="min-w-0">
        <h3 className="mb-2 leading-7 font-medium">{title}</h3>
        {children}
      </div>
    </li>
  );
}
