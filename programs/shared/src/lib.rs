//! What the three programs share: addresses, account layouts, error codes, limits and the checks that every
//! instruction is built from. No instruction lives here.
#![no_std]

pub mod args;
pub mod clock;
pub mod error;
pub mod guard;
pub mod ids;
pub mod limits;
pub mod math;
pub mod pda;
pub mod state;
pub mod tags;
pub mod token;

pub use error::Fault;

/// Entrypoint, allocator and panic handler of a program. The programs neither allocate nor panic; the handler that
/// the language demands aborts without naming a source path, so a build does not depend on where it was made.
#[macro_export]
macro_rules! program {
    ($process:expr, $max_accounts:expr) => {
        pinocchio::program_entrypoint!($process, $max_accounts);
        pinocchio::no_allocator!();

        #[cfg(target_arch = "bpf")]
        #[panic_handler]
        fn on_panic(_: &core::panic::PanicInfo<'_>) -> ! {
            // SAFETY: the syscall takes nothing and does not return.
            unsafe { pinocchio::syscalls::abort() }
        }
    };
}
