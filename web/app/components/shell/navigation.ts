import { BrainCircuit, Coins, Cpu, Database, Download, Gauge, ListChecks, Server, Wallet, type LucideIcon } from 'lucide-react';

export interface NavigationItem {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** One of the few that a phone has room for at its edge; the others are in the account's menu there. */
  readonly atThumb: boolean;
}

export const NAVIGATION: readonly NavigationItem[] = [
  { to: '/dashboard', label: 'Dashboard', icon: Gauge, atThumb: true },
  { to: '/jobs', label: 'Jobs', icon: ListChecks, atThumb: true },
  { to: '/data', label: 'Data', icon: Database, atThumb: true },
  { to: '/models', label: 'Models', icon: BrainCircuit, atThumb: true },
  { to: '/machines', label: 'Devices', icon: Server, atThumb: false },
  { to: '/nodes', label: 'Nodes', icon: Cpu, atThumb: false },
  { to: '/wallet', label: 'Wallet', icon: Wallet, atThumb: true },
];

/** Less often wanted: in the account's menu, at every size. */
export const MENU: readonly Omit<NavigationItem, 'atThumb'>[] = [
  { to: '/earnings', label: 'Earnings', icon: Coins },
  { to: '/downloads', label: 'Downloads', icon: Download },
];
