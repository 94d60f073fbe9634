//! tmp
use std::process::ExitCode;
/// tmp
#[derive(clap::Args, Debug)]
pub struct Options {}
/// tmp
pub fn run(_: &Options) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
