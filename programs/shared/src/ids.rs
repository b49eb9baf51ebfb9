//! Addresses that are fixed when the programs are compiled. The defaults are the published localnet's; a real
//! deployment sets the environment variables of the same name for its build.

use pinocchio::Address;

const fn address(configured: Option<&str>, localnet: &str) -> Address {
    match configured {
        Some(text) => Address::from_str_const(text),
        None => Address::from_str_const(localnet),
    }
}

/// Only this key may run the `initialize` instructions, so nobody can initialise a fresh deployment before its owner.
pub const DEPLOYER: Address = address(
    option_env!("CYXWIZ_DEPLOYER"),
    "iwxjFotYsQ4bREcgJiqfXmTTUtn6mhpLFEDaK3Ki8Cy",
);

/// job-escrow: the only caller that node-registry takes outcomes from.
pub const JOB_ESCROW: Address = address(
    option_env!("CYXWIZ_JOB_ESCROW_ID"),
    "91LNqcYbWuMt5zc1BEPEs8Qaj6w7LiX9NquYBZttsmnL",
);

pub const NODE_REGISTRY: Address = address(
    option_env!("CYXWIZ_NODE_REGISTRY_ID"),
    "J6T4Ww8cWtw3DVUUuPrxWqXbVZK2agyE8pTFoRaa5vt2",
);

pub const DATASET_REGISTRY: Address = address(
    option_env!("CYXWIZ_DATASET_REGISTRY_ID"),
    "H7Nh2kA8W2P52VHf3njLmw1RqngTMNuZtDfyCr32wohF",
);

pub const SYSTEM: Address = pinocchio_system::ID;
pub const TOKEN: Address = pinocchio_token::ID;
pub const ASSOCIATED_TOKEN: Address =
    Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
