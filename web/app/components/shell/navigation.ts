import { Cpu, Gauge, ListChecks, Wallet, type LucideIcon } from 'lucide-react';

export interface NavigationItem {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
}

export const NAVIGATION: readonly NavigationItem[] = [
  { to: '/dashboard', label: 'Dashboard', icon: Gauge },
  { to: '/jobs', label: 'Jobs', icon: ListChecks },
  { to: '/nodes', label: 'Nodes', icon: Cpu },
  { to: '/wallet', label: 'Wallet', icon: Wallet },
];
