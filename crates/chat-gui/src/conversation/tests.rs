//! The list by scripts and by chance.

use super::*;
use crate::foreign;
use jiff::civil::date;
use proptest::prelude::*;

fn heard(line: &str) -> Message {
    Message::new(Some(date(2026, 11, 21).at(9, 0, 0, 0)), line, false)
}

fn conversation(count: usize) -> Conversation {
    let mut conversation = Conversation::new(15.0, Color::BLACK, Words::default());
    conversation.resize(400.0, 300.0);
    let long = "many words ".repeat(20);
    conversation.extend((0..count).map(|number| {
        let text = if number % 7 == 0 { long.as_str() } else { "" };
        heard(&format!("Eva: {number} {text}"))
    }));
    conversation
}

fn first_and_last(conversation: &Conversation) -> (usize, usize) {
    let rows: Vec<usize> = conversation.visible().map(|(row, ..)| row).collect();
    (rows[0], rows[rows.len() - 1])
}

/// What must hold at any moment.
fn check(conversation: &Conversation) {
    let mut end = None;
    let mut rows = 0;
    for (row, top, laid_out) in conversation.visible() {
        assert!(end.is_none_or(|end| end == top), "a gap above row {row}");
        assert_eq!(conversation.heights.height(row), laid_out.height);
        end = Some(top + i64::from(laid_out.height));
        rows += 1;
    }
    let count = conversation.messages.len();
    let naive = (0..count).map(|row| conversation.shape(row));
    assert!(
        naive.eq(conversation.shapes.iter().copied()),
        "estimates go by what was"
    );
    let short = conversation.heights.total() <= conversation.height as u64;
    assert!(
        short || conversation.height <= 0 || end.is_some_and(|end| end >= conversation.height),
        "a hole below"
    );
    assert!(rows > 0 || count == 0 || conversation.height <= 0);
    assert!(conversation.rows.len() <= rows + 2 * OVERSCAN);
    let (above, total) = conversation.extent();
    assert!(above <= total);
}

#[test]
fn the_newest_is_followed_unless_the_reader_has_scrolled_up() {
    let mut list = conversation(1000);
    assert_eq!(first_and_last(&list).1, 999);
    list.extend([heard("Vlad: new")]);
    assert_eq!((first_and_last(&list).1, list.unread), (1000, 0));
    list.scroll(-500);
    let seen = first_and_last(&list);
    list.extend([heard("Vlad: newer"), heard("Vlad: newest")]);
    assert_eq!((first_and_last(&list), list.unread), (seen, 2));
    list.scroll(100_000_000);
    assert_eq!((first_and_last(&list).1, list.unread), (1002, 0));
    assert!(list.is_newest());
}

#[test]
fn going_up_and_down_by_the_same_way_ends_at_the_same_row() {
    let mut list = conversation(2000);
    list.to_part(0.5);
    let start = (first_and_last(&list), list.top());
    for _ in 0..50 {
        list.scroll(-97);
    }
    for _ in 0..50 {
        list.scroll(97);
    }
    assert_eq!((first_and_last(&list), list.top()), start);
}

#[test]
fn another_width_keeps_the_row_at_the_top() {
    let mut list = conversation(2000);
    list.to_part(0.3);
    let (row, _) = list.top();
    for width in [900.0, 200.0, 640.0] {
        list.resize(width, 300.0);
        check(&list);
        assert_eq!(list.top().0, row);
    }
}

#[test]
fn another_width_and_other_letters_keep_the_same_part_of_a_high_row_in_sight() {
    let mut list = conversation(0);
    let high = format!("Eva: {}", "many words ".repeat(100));
    list.extend((0..200).map(|_| heard(&high)));
    list.to_part(0.5);
    let part = |list: &Conversation| {
        let (row, hidden) = list.top();
        (row, hidden as f64 / f64::from(list.heights.height(row)))
    };
    list.scroll(200);
    let (row, hidden) = part(&list);
    list.resize(800.0, 300.0);
    list.dress(25.0, Color::BLACK, Words::En);
    list.resize(300.0, 300.0);
    let (now, still) = part(&list);
    assert!(
        now == row && (hidden - still).abs() < 0.02,
        "{row} {hidden} {now} {still}"
    );
    check(&list);
}

#[test]
fn after_another_width_every_row_out_of_sight_has_the_estimate_of_its_text() {
    let mut list = conversation(500);
    list.to_part(0.4);
    list.open(100);
    list.resize(777.0, 300.0);
    for row in (0..500).filter(|row| !list.rows.contains_key(row)) {
        assert_eq!(
            list.heights.height(row),
            list.metrics.estimate(list.shape(row))
        );
    }
    check(&list);
}

#[test]
fn the_oldest_are_forgotten_in_the_end() {
    let mut list = conversation(0);
    list.extend((0..KEPT + 5).map(|number| heard(&format!("Eva: {number}"))));
    assert_eq!(list.messages().len(), KEPT - KEPT / 10);
    assert!(
        list.messages()[list.messages().len() - 1]
            .line()
            .ends_with(&(KEPT + 4).to_string())
    );
    check(&list);
}

#[test]
fn however_long_the_lines_memory_has_a_bound() {
    let mut list = conversation(0);
    let line = format!("Eva: {}", "x".repeat(1_000_000));
    for _ in 0..80 {
        list.extend([heard(&line)]);
        assert!(list.bytes <= KEPT_BYTES);
    }
    assert!(list.messages().len() > 50);
    check(&list);
}

#[test]
fn what_is_selected_stays_so_when_older_messages_are_forgotten() {
    let mut list = conversation(20);
    list.click(12, false);
    list.click(13, true);
    list.forget(10);
    assert_eq!(list.selected().unwrap(), "Eva: 12 \nEva: 13 ");
    list.forget(3);
    assert_eq!(list.selected(), None);
}

#[test]
fn messages_of_one_author_stand_below_one_name_and_days_apart() {
    let at = |day, minute| Some(date(2026, 11, day).at(9, minute, 0, 0));
    let mut list = conversation(0);
    list.extend([
        Message::new(at(20, 0), "Eva: a", false),
        Message::new(at(20, 1), "Eva: b", false),
        Message::new(at(20, 9), "Eva: c", false),
        Message::new(at(21, 9), "Eva: d", false),
        Message::new(at(21, 9), "Vlad: e", false),
    ]);
    let authors: Vec<bool> = (0..5).map(|row| list.author(row).is_some()).collect();
    assert_eq!(authors, [true, false, true, true, true]);
    let days: Vec<bool> = (0..5).map(|row| list.day(row).is_some()).collect();
    assert_eq!(days, [true, false, false, true, false]);
}

#[test]
fn a_long_message_is_shown_in_part_until_more_is_asked_for() {
    let mut list = conversation(0);
    list.extend([heard(&format!("Eva: {}", "слово ".repeat(10_000)))]);
    let height = list.heights.total();
    assert!(list.messages()[0].shown().len() <= foreign::FOLD);
    list.open(0);
    assert!(list.heights.total() > height);
}

#[test]
fn clicks_select_messages_and_shift_a_range_in_the_order_it_was_said() {
    let mut list = conversation(10);
    assert_eq!(list.selected(), None);
    list.click(5, false);
    list.click(3, true);
    assert_eq!(list.selected().unwrap(), "Eva: 3 \nEva: 4 \nEva: 5 ");
    list.select(Some(Selection::Text {
        row: 4,
        from: 1,
        to: 0,
    }));
    assert_eq!(list.selected().unwrap(), "4");
    list.select(None);
    assert_eq!(list.selected(), None);
}

#[test]
fn looking_goes_round_at_both_ends() {
    let list = conversation(10);
    let needle = Needle::new("EVA: 3");
    assert_eq!(list.count_found(&needle), 1);
    for from in [None, Some(3), Some(9), Some(0)] {
        for down in [true, false] {
            assert_eq!(list.next_found(&needle, from, down), Some(3));
        }
    }
    let all = Needle::new("eva");
    assert_eq!(list.next_found(&all, Some(9), true), Some(0));
    assert_eq!(list.next_found(&all, Some(0), false), Some(9));
    assert_eq!(conversation(0).next_found(&all, None, true), None);
}

#[derive(Clone, Debug)]
enum Move {
    Scroll(i64),
    Part(f32),
    Hear(usize),
    Resize(f32, f32),
    Row(usize),
    Letters(f32),
    Open(usize),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        (-3000_i64..3000).prop_map(Move::Scroll),
        (0.0_f32..1.0).prop_map(Move::Part),
        (0_usize..20).prop_map(Move::Hear),
        (50.0_f32..900.0, 0.0_f32..700.0).prop_map(|(width, height)| Move::Resize(width, height)),
        any::<usize>().prop_map(Move::Row),
        (8.0_f32..30.0).prop_map(Move::Letters),
        any::<usize>().prop_map(Move::Open),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn whatever_happens_the_rows_in_sight_touch_and_fill_the_view(
        count in 0_usize..200,
        moves in proptest::collection::vec(moves(), 0..25),
    ) {
        let mut list = conversation(count);
        for next in moves {
            match next {
                Move::Scroll(pixels) => list.scroll(pixels),
                Move::Part(part) => list.to_part(part),
                Move::Hear(count) => list.extend((0..count).map(|_| heard("Vlad: again"))),
                Move::Resize(width, height) => list.resize(width, height),
                Move::Row(row) => list.to_row(row % list.messages().len().max(1)),
                Move::Open(row) if !list.messages().is_empty() => {
                    list.open(row % list.messages().len());
                }
                Move::Open(_) => {}
                Move::Letters(size) => list.dress(size, Color::BLACK, Words::default()),
            }
            check(&list);
        }
    }
}
