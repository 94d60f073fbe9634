//! The name the others see: the server's adjective, then the name somebody asked for.

use rand::Rng;
use rand::seq::IndexedRandom;

/// One a line. The original's list is unknown; this one is the project's own.
const ADJECTIVES: &str = include_str!("adjectives.txt");

/// Chooses the adjectives.
#[derive(Debug)]
pub(super) struct Nicknames {
    adjectives: Vec<&'static str>,
}

impl Nicknames {
    pub(super) fn new() -> Self {
        Self {
            adjectives: ADJECTIVES.lines().collect(),
        }
    }

    /// `Keen oleg` for `oleg`, and the adjective alone where no name was given.
    pub(super) fn choose(&self, wanted: &str, random: &mut impl Rng) -> String {
        let adjective = self
            .adjectives
            .choose(random)
            .expect("the list of adjectives is not empty");
        format!("{adjective} {wanted}").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;
    use std::collections::HashSet;

    #[test]
    fn every_adjective_is_one_capitalised_word_and_stands_there_once() {
        let nicknames = Nicknames::new();
        let mut seen = HashSet::new();
        for word in &nicknames.adjectives {
            assert!(seen.insert(word), "{word} stands there twice");
            assert!(word.starts_with(|c: char| c.is_ascii_uppercase()), "{word}");
            assert!(word[1..].chars().all(|c| c.is_ascii_lowercase()), "{word}");
        }
        assert!(seen.len() > 100);
    }

    #[test]
    fn the_name_follows_the_adjective_and_no_name_leaves_it_alone() {
        let nicknames = Nicknames::new();
        let mut random = SmallRng::seed_from_u64(7);
        for _ in 0..100 {
            let full = nicknames.choose("New user", &mut random);
            assert!(full.ends_with(" New user"), "{full}");
            let alone = nicknames.choose("", &mut random);
            assert!(nicknames.adjectives.contains(&alone.as_str()), "{alone}");
        }
    }
}
