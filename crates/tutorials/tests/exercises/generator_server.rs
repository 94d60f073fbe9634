//! Lesson 8. Serve generators in turn: one value of the first, one of the second, …, and
//! around again, until all are through.

use std::collections::VecDeque;
use std::convert::Infallible;

use tutorials::generator::{Generator, Yielder};

type Letters = Generator<char, (), (), Infallible>;

fn letters(text: &'static str) -> Letters {
    Generator::new(async move |y: Yielder<char, (), Infallible>| {
        for letter in text.chars() {
            y.give(letter).await?;
        }
        Ok(())
    })
}

fn yours(clients: Vec<Letters>) -> String {
    // Serves the first until it is through: lesson 1 again.
    clients.into_iter().flatten().collect()
}

fn check(in_turn: fn(Vec<Letters>) -> String) {
    let clients = ["adfg", "be", "c"].map(letters);
    assert_eq!(in_turn(clients.into()), "abcdefg");
}

#[test]
#[ignore = "hint: a queue; whoever gave a value goes to its end"]
fn yours_takes_turns() {
    check(yours);
}

#[test]
fn the_solution_takes_turns() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(clients: Vec<Letters>) -> String {
    let mut queue = VecDeque::from(clients);
    let mut served = String::new();
    while let Some(mut client) = queue.pop_front() {
        if let Some(letter) = client.next() {
            served.push(letter);
            queue.push_back(client);
        }
    }
    served
}
