pub mod assign_node;
pub mod commit_result;
pub mod create_escrow;
pub mod fail_attempt;
pub mod initialize;
pub mod refund;
pub mod release_payment;
