//! The runtime beneath the window, which ends with it.
//!
//! Tokio waits at its end for work that blocks. Looking up a host's name is such
//! work and can take half a minute: nobody wants to wait for that after closing a window.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Threads that connections run on. There is little to do: the chat is a few lines a second.
const WORKERS: usize = 2;

/// A tokio runtime that is left behind when it is dropped.
#[derive(Debug)]
pub struct Threads(Option<Runtime>);

impl Threads {
    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("it is taken only when dropped")
    }
}

impl iced::Executor for Threads {
    fn new() -> Result<Self, io::Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime().spawn(future));
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime().block_on(future)
    }

    fn enter<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _entered = self.runtime().enter();
        inside()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use iced::Executor as _;

    use super::*;

    #[test]
    fn work_that_blocks_does_not_hold_up_the_end() {
        let threads = Threads::new().unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        threads.spawn(async move {
            let stuck = tokio::task::spawn_blocking(move || {
                begun.send(()).unwrap();
                // Until the end of the test.
                let _ = released.recv();
            });
            let _ = stuck.await;
        });
        has_begun.recv().unwrap();
        // Would wait for ever.
        drop(threads);
        drop(release);
    }
}
