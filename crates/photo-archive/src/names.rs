//! Names that can be unpacked next to each other, in one directory, on systems that
//! take `a.jpg` and `A.JPG` for the same.
//!
//! The original handed the file system's names to `zip` as they were: `a.jpg` and
//! `A.jpg` overwrote each other on Windows and macOS, and a backslash made a path.

use std::collections::{HashMap, HashSet};

/// The names in the archive for files called `originals`, in the same order.
///
/// Control characters and backslashes become `_`. Of names that differ only in
/// case, the first in byte order (of those with nothing to replace) keeps its name and the others get a number:
/// `a (2).jpg`, never one that another file has already.
#[must_use]
pub fn distinct(originals: &[&str]) -> Vec<Box<str>> {
    let clean: Vec<String> = originals.iter().map(|name| sanitized(name)).collect();
    let mut order: Vec<usize> = (0..clean.len()).collect();
    // A file that has a clean name already keeps it before one that is only made to have it.
    order.sort_by_key(|&index| (clean[index] != originals[index], originals[index]));
    // A number must not make a name that belongs to a file of its own.
    let mut taken: HashSet<String> = clean.iter().map(|name| folded(name)).collect();
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(clean.len());
    let mut names: Vec<Box<str>> = clean.iter().map(|name| name.as_str().into()).collect();
    for index in order {
        let key = folded(&clean[index]);
        let count = seen.entry(key).or_insert(0);
        *count += 1;
        while *count > 1 {
            let name = numbered(&clean[index], *count);
            if taken.insert(folded(&name)) {
                names[index] = name.into();
                break;
            }
            *count += 1;
        }
    }
    names
}

/// `name` without what has a meaning to a terminal or to a path.
#[must_use]
pub fn sanitized(name: &str) -> String {
    name.replace(|c: char| c.is_control() || matches!(c, '\\' | '/'), "_")
}

/// What file systems that ignore case would take for the same name.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

fn numbered(name: &str, count: u32) -> String {
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{} ({count}){}", &name[..dot], &name[dot..]),
        _ => format!("{name} ({count})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_differ_in_case_are_numbered_in_byte_order() {
        assert_eq!(
            *distinct(&["a.jpg", "A.jpg", "b.jpg", "A.JPG"]),
            [
                "a (3).jpg".into(),
                "A (2).jpg".into(),
                "b.jpg".into(),
                "A.JPG".into()
            ]
        );
    }

    #[test]
    fn a_number_never_takes_the_name_of_another_file() {
        let names = distinct(&["A.jpg", "a.jpg", "a (2).jpg", "A (3).JPG"]);
        assert_eq!(&*names[1], "a (4).jpg");
        assert_eq!(&*names[2], "a (2).jpg");
    }

    #[test]
    fn paths_and_controls_are_defused() {
        assert_eq!(sanitized("..\\..\\evil\n\u{1b}[2J"), ".._.._evil__[2J");
        assert_eq!(
            *distinct(&["a\\b", "a\nb"]),
            ["a_b (2)".into(), "a_b".into()]
        );
    }

    #[test]
    fn a_name_made_clean_gives_way_to_one_that_was_clean() {
        assert_eq!(
            *distinct(&["a\\b.jpg", "a_b.jpg"]),
            ["a_b (2).jpg".into(), "a_b.jpg".into()]
        );
    }

    #[test]
    fn dots_at_the_front_are_no_extension() {
        assert_eq!(*distinct(&[".A", ".a"]), [".A".into(), ".a (2)".into()]);
    }

    proptest! {
        #[test]
        fn all_names_are_distinct_on_every_system(
            originals in prop::collection::hash_set("[aAéÉ\\\\\n]{1,3}( \\([2-4]\\))?(\\.j)?", 0..60)
        ) {
            let originals: Vec<&str> = originals.iter().map(String::as_str).collect();
            let names = distinct(&originals);
            let mut folds: Vec<String> = names.iter().map(|name| folded(name)).collect();
            folds.sort();
            folds.dedup();
            prop_assert_eq!(folds.len(), originals.len());
            for name in names {
                prop_assert!(!name.contains(['\\', '\n']));
            }
        }
    }
}
