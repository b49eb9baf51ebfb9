use super::{Le64, State};
use core::mem::{offset_of, size_of};
use pinocchio::Address;

/// dataset-registry's config, PDA `["config"]`, 40 bytes: kind 0x31, version, bump, 5 unused, authority.
#[repr(C)]
pub struct DatasetConfig {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub unused: [u8; 5],
    pub authority: Address,
}

// SAFETY: repr(C), only byte arrays.
unsafe impl State for DatasetConfig {
    const KIND: u8 = 0x31;
}

/// CID v1 in binary: version, codec, sha2-256, length, digest.
pub const CID_LEN: usize = 36;
/// 14 shards, each placed by the 16-byte id of a storage node.
pub const SHARDS_LEN: usize = 14 * 16;

pub const RECORDED_BY_OWNER: u8 = 1;
pub const RECORDED_BY_PLATFORM: u8 = 2;

/// A dataset, PDA `["dataset", owner, digest of the CID]`, 360 bytes.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | kind 0x32, version, bump |
/// | 3 | recorded_by: 1 owner, 2 platform on the owner's behalf, 4 unused |
/// | 8 | cid: 36 bytes, 4 unused |
/// | 48 | owner |
/// | 80 | size in bytes |
/// | 88 | recorded_at |
/// | 96 | updated_at |
/// | 104 | encryption_key_hash: SHA-256 |
/// | 136 | shard_locations: 14 storage-node ids of 16 bytes |
#[repr(C)]
pub struct Dataset {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub recorded_by: u8,
    pub unused: [u8; 4],
    pub cid: [u8; CID_LEN],
    pub unused_cid: [u8; 4],
    pub owner: Address,
    pub size: Le64,
    pub recorded_at: Le64,
    pub updated_at: Le64,
    pub encryption_key_hash: [u8; 32],
    pub shard_locations: [u8; SHARDS_LEN],
}

// SAFETY: repr(C), only byte arrays.
unsafe impl State for Dataset {
    const KIND: u8 = 0x32;
}

const _: () = {
    assert!(size_of::<DatasetConfig>() == 40);
    assert!(offset_of!(Dataset, owner) == 48);
    assert!(offset_of!(Dataset, shard_locations) == 136);
    assert!(size_of::<Dataset>() == 360);
};
