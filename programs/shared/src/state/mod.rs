//! Account layouts. Every account starts with its kind and layout version; integers are little-endian; all types
//! have alignment 1, so a layout is exactly the sequence of its fields.

mod dataset;
mod escrow;
mod node;

pub use dataset::{
    Dataset, DatasetConfig, CID_LEN, RECORDED_BY_OWNER, RECORDED_BY_PLATFORM, SHARDS_LEN,
};
pub use escrow::{Attempt, Escrow, EscrowConfig, EscrowStatus, Outcome};
pub use node::{Node, NodeStatus, OpenAttempt, RegistryConfig, OPEN_SLOTS};

use crate::{
    guard::{require, writable},
    Fault,
};
use core::mem::size_of;
use pinocchio::{
    account::{Ref, RefMut},
    error::ProgramError,
    AccountView, Address,
};

/// A little-endian u64 without alignment. Times are unix seconds and never negative.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Le64([u8; 8]);

impl Le64 {
    #[inline(always)]
    pub fn get(&self) -> u64 {
        u64::from_le_bytes(self.0)
    }

    #[inline(always)]
    pub fn set(&mut self, value: u64) {
        self.0 = value.to_le_bytes();
    }
}

/// A little-endian u16 without alignment.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Le16([u8; 2]);

impl Le16 {
    #[inline(always)]
    pub fn get(&self) -> u16 {
        u16::from_le_bytes(self.0)
    }

    #[inline(always)]
    pub fn set(&mut self, value: u16) {
        self.0 = value.to_le_bytes();
    }
}

pub const VERSION: u8 = 1;

/// A fixed account layout.
///
/// # Safety
/// The type is `repr(C)`, has alignment 1 and no padding, and every bit pattern is a value of it.
pub unsafe trait State: Sized {
    /// First byte of the account; distinct over all three programs.
    const KIND: u8;
    const LEN: usize = size_of::<Self>();
}

#[inline(always)]
fn check<T: State>(account: &AccountView, program: &Address) -> Result<(), ProgramError> {
    require(account.owned_by(program), Fault::WrongOwner)?;
    require(account.data_len() == T::LEN, Fault::WrongKind)
}

#[inline(always)]
fn check_header<T: State>(bytes: &[u8]) -> Result<(), ProgramError> {
    require(bytes.starts_with(&[T::KIND, VERSION]), Fault::WrongKind)
}

/// Reads an account of `program`.
#[inline(always)]
pub fn load<'a, T: State>(
    account: &'a AccountView,
    program: &Address,
) -> Result<Ref<'a, T>, ProgramError> {
    check::<T>(account, program)?;
    let bytes = account.try_borrow()?;
    check_header::<T>(&bytes)?;
    // SAFETY: the length is T's, and `State` promises alignment 1 and that all bytes are valid.
    Ok(Ref::map(bytes, |bytes| unsafe {
        &*bytes.as_ptr().cast::<T>()
    }))
}

/// Reads and writes an account of `program`.
#[inline(always)]
pub fn load_mut<'a, T: State>(
    account: &'a mut AccountView,
    program: &Address,
) -> Result<RefMut<'a, T>, ProgramError> {
    writable(account)?;
    check::<T>(account, program)?;
    let bytes = account.try_borrow_mut()?;
    check_header::<T>(&bytes)?;
    // SAFETY: as in `load`; the borrow is exclusive.
    Ok(RefMut::map(bytes, |bytes| unsafe {
        &mut *bytes.as_mut_ptr().cast::<T>()
    }))
}

/// Stamps an account that this instruction has just created: all zero so far.
#[inline(always)]
pub fn init<'a, T: State>(
    account: &'a mut AccountView,
    program: &Address,
) -> Result<RefMut<'a, T>, ProgramError> {
    check::<T>(account, program)?;
    let mut bytes = account.try_borrow_mut()?;
    match &mut *bytes {
        [kind, version, ..] => {
            *kind = T::KIND;
            *version = VERSION;
        }
        _ => return Err(Fault::WrongKind.into()),
    }
    // SAFETY: as in `load_mut`.
    Ok(RefMut::map(bytes, |bytes| unsafe {
        &mut *bytes.as_mut_ptr().cast::<T>()
    }))
}
