//! Albums whose archives have been planned, shared by all who download the same one.
//!
//! The plan of an album of a million photos takes some hundred megabytes: as much
//! once as for two hundred clients, if they share it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::album::Album;
use crate::plan::{ArchivePlan, TooLong};

/// An album, or some photos of one, with the plan of its archive.
#[derive(Debug)]
pub struct Planned<Key> {
    /// The photos.
    pub album: Album<Key>,
    /// Where they stand in the archive.
    pub plan: ArchivePlan,
    /// A strong entity tag of the archive.
    pub etag: String,
}

/// What is being downloaded at the moment, by entity tag.
#[derive(Debug)]
pub struct Plans<Key> {
    shared: Mutex<HashMap<String, Weak<Planned<Key>>>>,
}

impl<Key> Default for Plans<Key> {
    fn default() -> Self {
        Self {
            shared: Mutex::default(),
        }
    }
}

impl<Key> Plans<Key> {
    /// The plan for `album`: the one that others use, or a new one.
    ///
    /// # Errors
    ///
    /// The archive would be too long.
    pub fn of(&self, album: Album<Key>) -> Result<Arc<Planned<Key>>, TooLong> {
        let etag = album.etag();
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(planned) = shared.get(&etag).and_then(Weak::upgrade) {
            return Ok(planned);
        }
        // Planning takes a while for a huge album; others need not wait for it.
        drop(shared);
        let plan = album.plan()?;
        let planned = Arc::new(Planned { album, plan, etag });
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody uses any more goes when something new comes: never more than are in use, and one.
        shared.retain(|_, planned| planned.strong_count() > 0);
        shared.insert(planned.etag.clone(), Arc::downgrade(&planned));
        Ok(planned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_downloads_the_same_shares_one_plan_and_nobody_keeps_it_after_that() {
        let plans = Plans::<()>::default();
        let empty = || Album::new(vec![], |()| String::new());
        let first = plans.of(empty()).unwrap();
        let second = plans.of(empty()).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let weak = Arc::downgrade(&first);
        drop((first, second));
        assert_eq!(weak.strong_count(), 0);
        drop(plans.of(empty()).unwrap());
        assert_eq!(plans.shared.lock().unwrap().len(), 1);
    }
}
