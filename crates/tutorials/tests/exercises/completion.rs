//! Lesson 17. Answers come in any order; a number says which request each belongs to. Give
//! every request its answer, in the order of the requests, or `None` if it has none yet.

use std::collections::HashMap;

type Request = (u64, &'static str);
type Answer = (u64, i32);
/// A request's name, and its answer if there is one.
type Matched = Vec<(&'static str, Option<i32>)>;

fn yours(requests: &[Request], answers: &[Answer]) -> Matched {
    // Takes them as they come.
    let answers = answers
        .iter()
        .map(|answer| Some(answer.1))
        .chain(std::iter::repeat(None));
    requests
        .iter()
        .map(|request| request.1)
        .zip(answers)
        .collect()
}

fn check(sort_out: fn(&[Request], &[Answer]) -> Matched) {
    let requests = [(7, "read"), (3, "write"), (9, "accept")];
    let expected = [("read", Some(5)), ("write", Some(-32)), ("accept", None)];
    assert_eq!(sort_out(&requests, &[(3, -32), (7, 5)]), expected);
}

#[test]
#[ignore = "hint: look answers up by their number"]
fn yours_matches() {
    check(yours);
}

#[test]
fn the_solution_matches() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(requests: &[Request], answers: &[Answer]) -> Matched {
    let answers: HashMap<u64, i32> = answers.iter().copied().collect();
    let answer = |&(number, name): &Request| (name, answers.get(&number).copied());
    requests.iter().map(answer).collect()
}
