export type Role = 'user' | 'provider' | 'operator';

interface RoleSpec {
  readonly title: string;
  /** What it is, for the person who has it. */
  readonly about: string;
  /** Sees everybody's jobs, profiles and machines, and the operators' pages. */
  readonly mayOperate: boolean;
  readonly mayGrantRoles: boolean;
}

/** Who may do what beyond their own things. */
export const ROLES: Readonly<Record<Role, RoleSpec>> = {
  user: { title: 'User', about: 'You train models on other people’s machines.', mayOperate: false, mayGrantRoles: false },
  provider: { title: 'Provider', about: 'You also rent out machines. Whoever registers one is a provider.', mayOperate: false, mayGrantRoles: false },
  operator: { title: 'Operator', about: 'You run this platform.', mayOperate: true, mayGrantRoles: true },
};
