//! First byte of the instruction data, per program.

pub mod job_escrow {
    pub const INITIALIZE: u8 = 0;
    pub const CREATE_ESCROW: u8 = 1;
    pub const ASSIGN_NODE: u8 = 2;
    pub const COMMIT_RESULT: u8 = 3;
    pub const FAIL_ATTEMPT: u8 = 4;
    pub const RELEASE_PAYMENT: u8 = 5;
    pub const REFUND: u8 = 6;
}

pub mod node_registry {
    pub const INITIALIZE: u8 = 0;
    pub const REGISTER_NODE: u8 = 1;
    pub const TOP_UP_STAKE: u8 = 2;
    pub const HEARTBEAT: u8 = 3;
    pub const UPDATE_REPUTATION: u8 = 4;
    pub const SLASH_STAKE: u8 = 5;
    pub const BEGIN_UNSTAKE: u8 = 6;
    pub const CANCEL_UNSTAKE: u8 = 7;
    pub const WITHDRAW_UNSTAKE: u8 = 8;
    pub const OPEN_ATTEMPT: u8 = 9;
    pub const RELEASE_ATTEMPT: u8 = 10;
}

pub mod dataset_registry {
    pub const INITIALIZE: u8 = 0;
    pub const RECORD_DATASET: u8 = 1;
    pub const UPDATE_SHARDS: u8 = 2;
}

/// `slash_stake`'s step: 10 %.
pub const STEP_TIMEOUT: u8 = 1;
/// `slash_stake`'s step: 25 %.
pub const STEP_INVALID: u8 = 2;
/// `slash_stake`'s step: everything, and the node is barred for ever.
pub const STEP_BAN: u8 = 3;
