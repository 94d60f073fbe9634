//! Lesson 3. `select` answers with a set of bits: descriptor 0 is the lowest bit of the
//! first word, descriptor 64 the lowest of the second. Which descriptors are in it?

fn yours(set: &[u64]) -> Vec<usize> {
    // Only looks at the first word's lowest bit.
    set.iter()
        .take(1)
        .filter(|word| *word & 1 == 1)
        .map(|_| 0)
        .collect()
}

fn check(members: fn(&[u64]) -> Vec<usize>) {
    assert_eq!(members(&[0; 16]), Vec::<usize>::new());
    assert_eq!(members(&[0b1, 0]), [0]);
    assert_eq!(members(&[0b1010, 0, 1 << 63]), [1, 3, 191]);
    assert_eq!(members(&[u64::MAX; 16]).len(), 1024);
}

#[test]
#[ignore = "hint: number the words, and u64 can tell how many zeros it ends with"]
fn yours_finds_them() {
    check(yours);
}

#[test]
fn the_solution_finds_them() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(set: &[u64]) -> Vec<usize> {
    let mut members = Vec::new();
    for (number, &word) in set.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            members.push(64 * number + rest.trailing_zeros() as usize);
            // Takes away the lowest bit. A loop over all 64 would do as well, only slower.
            rest &= rest - 1;
        }
    }
    members
}
