//! Does not compile, and is not meant to: a task that holds an `Rc` while it waits.

use std::rc::Rc;

fn spawn(_: impl Future<Output = ()> + Send + 'static) {}

pub fn task() {
    spawn(async {
        let shared = Rc::new(5);
        std::future::ready(()).await;
        drop(shared);
    });
}
