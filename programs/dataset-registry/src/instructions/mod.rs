pub mod initialize;
pub mod record_dataset;
pub mod update_shards;
