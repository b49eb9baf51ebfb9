use super::{Le16, Le64, State};
use core::mem::{offset_of, size_of};
use pinocchio::Address;

/// node-registry's config, PDA `["config"]`, 104 bytes.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | kind 0x21, version, bump, 5 unused |
/// | 8 | authority: the platform's operator key, writes heartbeats |
/// | 40 | mint: CYXWIZ |
/// | 72 | insurance_owner: whose token account gets slashed stakes |
#[repr(C)]
pub struct RegistryConfig {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub unused: [u8; 5],
    pub authority: Address,
    pub mint: Address,
    pub insurance_owner: Address,
}

// SAFETY: repr(C), only byte arrays.
unsafe impl State for RegistryConfig {
    const KIND: u8 = 0x21;
}

/// Open attempts a node may have: its one running job and results that wait for a verdict.
pub const OPEN_SLOTS: usize = 8;

/// A node, PDA `["node", node_id]`, 624 bytes. Never closed: reputation and ban outlive the stake.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | kind 0x22, version, bump, vault_bump |
/// | 4 | status: 1 active, 2 slashed, 3 banned, 4 withdrawn |
/// | 5 | open_count |
/// | 6 | failures_in_a_row |
/// | 8 | node_id, 16 bytes of its UUID |
/// | 24 | owner |
/// | 56 | stake in base units |
/// | 64 | exposure: sum of the open attempts' escrows |
/// | 72 | slashed: all that was ever taken |
/// | 80 | registered_at |
/// | 88 | last_seen |
/// | 96 | unstake_at: 0 unless unstaking, else when the owner may withdraw |
/// | 104 | total_jobs: attempts that ended as completed, timeout or invalid |
/// | 112 | successful |
/// | 120 | total_time_ms of the successful ones |
/// | 128 | avg_time_ms |
/// | 136 | success_rate_bps, 6 unused |
/// | 144 | gpu: UTF-8, zero-padded, 64 bytes |
/// | 208 | eight open attempts of 48 bytes |
/// | 592 | last_evidence: evidence hash of the last slash |
#[repr(C)]
pub struct Node {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub status: u8,
    pub open_count: u8,
    pub failures_in_a_row: Le16,
    pub node_id: [u8; 16],
    pub owner: Address,
    pub stake: Le64,
    pub exposure: Le64,
    pub slashed: Le64,
    pub registered_at: Le64,
    pub last_seen: Le64,
    pub unstake_at: Le64,
    pub total_jobs: Le64,
    pub successful: Le64,
    pub total_time_ms: Le64,
    pub avg_time_ms: Le64,
    pub success_rate_bps: Le16,
    pub unused: [u8; 6],
    pub gpu: [u8; 64],
    pub open: [OpenAttempt; OPEN_SLOTS],
    pub last_evidence: [u8; 32],
}

/// One attempt on a node's books, 48 bytes: escrow, amount, attempt (1 to 4; 0 = free slot), 7 unused.
#[repr(C)]
pub struct OpenAttempt {
    pub escrow: Address,
    pub amount: Le64,
    pub attempt: u8,
    pub unused: [u8; 7],
}

// SAFETY: repr(C), only byte arrays and arrays of such structs.
unsafe impl State for Node {
    const KIND: u8 = 0x22;
}

const _: () = {
    assert!(size_of::<RegistryConfig>() == 104);
    assert!(size_of::<OpenAttempt>() == 48);
    assert!(offset_of!(Node, stake) == 56);
    assert!(offset_of!(Node, gpu) == 144);
    assert!(offset_of!(Node, open) == 208);
    assert!(size_of::<Node>() == 624);
};

/// Values of [`Node::status`].
pub struct NodeStatus;
impl NodeStatus {
    pub const ACTIVE: u8 = 1;
    /// Stake below the minimum; a top-up brings the node back.
    pub const SLASHED: u8 = 2;
    /// Final.
    pub const BANNED: u8 = 3;
    /// The owner took the stake out; a top-up brings the node back.
    pub const WITHDRAWN: u8 = 4;
}
