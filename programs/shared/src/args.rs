use crate::Fault;
use pinocchio::error::ProgramError;

/// Reads little-endian fields off the front of the instruction data.
pub struct Args<'a>(&'a [u8]);

impl<'a> Args<'a> {
    #[inline(always)]
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    #[inline(always)]
    pub fn bytes<const N: usize>(&mut self) -> Result<&'a [u8; N], ProgramError> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(Fault::MalformedData)?;
        self.0 = rest;
        Ok(head)
    }

    #[inline(always)]
    pub fn u8(&mut self) -> Result<u8, ProgramError> {
        let [value] = *self.bytes::<1>()?;
        Ok(value)
    }

    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64, ProgramError> {
        Ok(u64::from_le_bytes(*self.bytes::<8>()?))
    }

    /// Trailing bytes mean that the caller speaks another version: refuse instead of guessing.
    #[inline(always)]
    pub fn end(self) -> Result<(), ProgramError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Fault::MalformedData.into())
        }
    }
}
