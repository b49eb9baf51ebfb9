//! Published numbers. A change here is a change of the rules that users and providers agreed to.

pub const DAY_SECONDS: u64 = 86_400;
/// No escrow may stay locked for longer than this after its creation.
pub const MAX_LOCK_SECONDS: u64 = 30 * DAY_SECONDS;
/// A verify deadline may lie at most this far after the commit.
pub const MAX_VERIFY_SECONDS: u64 = 7 * DAY_SECONDS;
/// This long after expiry and verify deadline, anybody may release an attempt that the platform left open.
pub const ABANDONED_AFTER_SECONDS: u64 = 7 * DAY_SECONDS;
/// From `begin_unstake` to `withdraw_unstake`.
pub const UNSTAKE_LOCK_SECONDS: u64 = 7 * DAY_SECONDS;

pub const MAX_ATTEMPTS: usize = 4;
/// 100 CYXWIZ in base units.
pub const MIN_STAKE: u64 = 100_000_000_000;
pub const MINT_DECIMALS: u8 = 9;

/// The node's share of a payment, in basis points.
pub const NODE_SHARE_BPS: u64 = 9_000;
pub const BPS: u64 = 10_000;

pub const SLASH_TIMEOUT_BPS: u64 = 1_000;
pub const SLASH_INVALID_BPS: u64 = 2_500;
/// A ban needs this many failures in a row, the one that bans included.
pub const BAN_AFTER_FAILURES: u16 = 3;
