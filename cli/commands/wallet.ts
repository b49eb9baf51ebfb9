import { Command } from 'commander';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz } from '#core/money/amount';
import { withClient, type CliContext } from '../context.ts';

export function walletCommand(context: () => CliContext): Command {
  return new Command('wallet').description('balance and latest transfers').action(() =>
    withClient(context(), async (client) => {
      const wallet = await client.wallet();
      if (wallet === null) throw new CyxError('NOT_FOUND', 'Your wallet is still being made. Try again in a moment.');
      const { transfers } = await client.walletTransfers({ pageSize: 20 });
      const account = `wallet:${wallet.address}`;
      context().print({ ...wallet, transfers }, [
        `${wallet.address}  ${formatCyxwiz(wallet.balanceBase)} CYXWIZ`,
        ...transfers.map((transfer) => {
          const [word, other] = transfer.to === account ? ['from', transfer.from] : ['to', transfer.to];
          return `${transfer.at.toISOString()}  ${formatCyxwiz(transfer.amountBase)} CYXWIZ ${word} ${other}  ${transfer.purpose}  ${transfer.signature}`;
        }),
      ]);
    }),
  );
}
