//! The rules of the house that no compiler checks: what stands at the top level,
//! which crate may know which, how long a file may be, and how it opens.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What may stand beside dotfiles at the top.
const TOP_LEVEL: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "examples",
    "tests",
];

/// The only arrows between programs: a sequel builds on its original.
const SEQUELS: [(&str, &str); 2] = [
    ("garbage-shooter", "space-game"),
    ("chat-gui", "underground-chat"),
];

const LONGEST_FILE: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the project, below `crates`, `examples` and `tests`.
fn sources() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for top in ["crates", "examples", "tests"] {
        walk(&root().join(top), &mut found);
    }
    assert!(found.len() > 8, "the sources were not found");
    found
}

#[test]
fn nothing_unexpected_stands_at_the_top_level() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || is_ignored(&name) || TOP_LEVEL.contains(&name.as_str()),
            "{name} stands at the top level"
        );
    }
}

/// Whether a file of this name is none of the project's, as `.gitignore` says: built, or
/// left by a program that somebody tried here.
fn is_ignored(name: &str) -> bool {
    let patterns = fs::read_to_string(root().join(".gitignore")).unwrap();
    patterns.lines().any(|pattern| {
        let pattern = pattern.trim_matches('/');
        match pattern.split_once('*') {
            Some((start, end)) => name.starts_with(start) && name.ends_with(end),
            None => name == pattern,
        }
    })
}

#[test]
fn arrows_between_crates_lead_to_common_or_from_a_sequel_to_its_original() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--depth", "1", "--prefix", "depth"])
        .args(["--edges", "normal,build", "--format", "{p}", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut arrows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut from = String::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let name = line[1..].split(' ').next().unwrap().to_owned();
        if line.starts_with('0') {
            from = name;
            arrows.entry(from.clone()).or_default();
        } else if line.contains("/crates/") {
            arrows.get_mut(&from).unwrap().push(name);
        }
    }
    assert!(arrows.contains_key("common"), "{tree}");
    for (from, targets) in arrows {
        for to in targets {
            assert!(
                to == "common" || SEQUELS.contains(&(from.as_str(), to.as_str())),
                "{from} depends on {to}"
            );
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is_for_and_is_short_enough_to_read() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.display();
        assert!(text.starts_with("//!"), "{path} does not open with //!");
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{path} has {lines} lines");
    }
}

#[test]
fn module_files_are_named_after_their_module() {
    for path in sources() {
        assert!(!path.ends_with("mod.rs"), "{}", path.display());
    }
}

#[test]
fn every_link_of_a_readme_leads_somewhere() {
    let mut count = 0;
    for readme in readmes() {
        let text = fs::read_to_string(&readme).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = readme.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {target}", readme.display());
            count += 1;
        }
    }
    assert!(count > 100, "only {count} links were found");
}

fn readmes() -> Vec<PathBuf> {
    let directories = fs::read_dir(root().join("crates")).unwrap();
    let crates = directories.map(|entry| entry.unwrap().path());
    let others = [root().to_owned(), root().join("examples/deploy")];
    let all = crates.chain(others).map(|path| path.join("README.md"));
    all.filter(|path| path.exists()).collect()
}
