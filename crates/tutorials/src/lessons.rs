//! The lessons, in order: which there are, and what each is about in one line.

pub mod async_await;
pub mod async_server;
pub mod blocking;
pub mod callbacks;
pub mod cancellation;
pub mod client;
pub mod completion;
pub mod coroutines;
pub mod delegation;
pub mod downloads;
pub mod futures;
pub mod generator_server;
pub mod generators;
pub mod poll_by_hand;
pub mod select;
pub mod send;
pub mod seven_steps;
pub mod threads;
pub mod tokio;
pub mod wakers;

use std::process::ExitCode;

use clap::Subcommand;

/// A lesson, with its flags. Its number is another name of it.
#[derive(Debug, Subcommand)]
pub enum Lesson {
    #[command(alias = "1")]
    /// 1: a server that serves one client at a time
    Blocking(blocking::Options),
    #[command(alias = "2")]
    /// 2: a thread for each client
    Threads(threads::Options),
    #[command(alias = "3")]
    /// 3: one thread asks who is ready
    Select(select::Options),
    #[command(alias = "4")]
    /// 4: an event loop that calls callbacks
    Callbacks(callbacks::Options),
    #[command(alias = "5")]
    /// 5: functions that stop and go on
    Generators(generators::Options),
    #[command(alias = "6")]
    /// 6: generators that are sent values, at a prompt
    Coroutines(coroutines::Options),
    #[command(alias = "7")]
    /// 7: generators that call generators
    Delegation(delegation::Options),
    #[command(alias = "8")]
    /// 8: a server made of generators
    GeneratorServer(generator_server::Options),
    #[command(alias = "9")]
    /// 9: tasks that wait for threads
    Futures(futures::Options),
    #[command(alias = "10")]
    /// 10: a scheduler, in seven steps
    Scheduler(seven_steps::Options),
    #[command(alias = "11")]
    /// 11: the state machine behind async fn
    PollByHand(poll_by_hand::Options),
    #[command(alias = "12")]
    /// 12: who polls again, and when
    Wakers(wakers::Options),
    #[command(alias = "13")]
    /// 13: two tasks on our own scheduler
    AsyncAwait(async_await::Options),
    #[command(alias = "14")]
    /// 14: a server that reads like lesson 1
    AsyncServer(async_server::Options),
    #[command(alias = "15")]
    /// 15: join, cancel, select, timeout, channel
    Cancellation(cancellation::Options),
    #[command(alias = "16")]
    /// 16: several threads, and why spawn asks for Send
    Send(send::Options),
    #[command(alias = "17")]
    /// 17: io_uring: be told when it is done
    Completion(completion::Options),
    #[command(alias = "18")]
    /// 18: pictures one by one, on threads, and at once
    Downloads(downloads::Options),
    #[command(alias = "19")]
    /// 19: lesson 14 on tokio
    Tokio(tokio::Options),
    /// Clients for the servers that double numbers
    Client(client::Options),
}

impl Lesson {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// Whatever stops the lesson: a port in use, a file that cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Blocking(options) => blocking::run(options),
            Self::Threads(options) => threads::run(options),
            Self::Select(options) => select::run(options),
            Self::Callbacks(options) => callbacks::run(options),
            Self::Generators(options) => generators::run(options),
            Self::Coroutines(options) => coroutines::run(options),
            Self::Delegation(options) => delegation::run(options),
            Self::GeneratorServer(options) => generator_server::run(options),
            Self::Futures(options) => futures::run(options),
            Self::Scheduler(options) => seven_steps::run(options),
            Self::PollByHand(options) => poll_by_hand::run(options),
            Self::Wakers(options) => wakers::run(options),
            Self::AsyncAwait(options) => async_await::run(options),
            Self::AsyncServer(options) => async_server::run(options),
            Self::Cancellation(options) => cancellation::run(options),
            Self::Send(options) => send::run(options),
            Self::Completion(options) => completion::run(options),
            Self::Downloads(options) => downloads::run(options),
            Self::Tokio(options) => tokio::run(options),
            Self::Client(options) => client::run(options),
        }
    }
}
