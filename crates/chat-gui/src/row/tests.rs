//! Rows laid out by themselves.

use super::block::BLOCK;
use super::*;
use proptest::prelude::*;

const METRICS: Metrics = Metrics {
    width: 500.0,
    text: 15.0,
};

fn row(text: &str) -> Row {
    let content = Content {
        text,
        ..Content::default()
    };
    Row::new(&content, METRICS, Color::BLACK)
}

#[test]
fn longer_text_and_a_narrower_list_make_a_row_higher() {
    let text = "word ".repeat(50);
    let wide = row(&text).height;
    assert!(row("word").height < wide);
    let content = Content {
        text: &text,
        ..Content::default()
    };
    let narrow = Metrics {
        width: 250.0,
        ..METRICS
    };
    assert!(Row::new(&content, narrow, Color::BLACK).height > wide);
}

#[test]
fn one_line_is_estimated_exactly() {
    for (named, day) in [(false, false), (true, false), (true, true)] {
        let content = Content {
            day: day.then(|| "today".to_owned()),
            author: named.then_some("Eva"),
            text: "hello",
            ..Content::default()
        };
        let exact = Row::new(&content, METRICS, Color::BLACK).height;
        assert_eq!(METRICS.estimate(Shape::new("hello", named, day)), exact);
    }
}

#[test]
fn a_link_can_be_hit_where_it_stands() {
    let row = row("look: https://a.example now");
    let (bounds, target) = &row.targets[0];
    assert_eq!(*target, Target::Link("https://a.example".to_owned()));
    assert_eq!(row.target_at(bounds.center()), Some(target));
    assert_eq!(row.target_at(Point::new(1.0, 1.0)), None);
}

#[test]
fn a_link_among_hebrew_is_marked_where_its_letters_stand() {
    let row = row("שלום, https://a.example/page עולם");
    assert!(!row.targets.is_empty());
    let right = row.text.x + row.text.width;
    for (bounds, _) in &row.targets {
        assert!(bounds.x >= row.text.x - 0.5 && bounds.x + bounds.width <= right + 0.5);
        let byte = row.text_at(bounds.center());
        assert!((10..34).contains(&byte), "{byte}");
    }
    let (_, at, _) = row
        .pieces
        .iter()
        .find(|(_, _, ink)| *ink == Ink::Text)
        .unwrap();
    assert!(at.x > row.text.x + 50.0, "it stands at the right");
}

#[test]
fn a_point_is_a_place_in_the_text() {
    let row = row("hello");
    let middle = row.text.y + 2.0;
    assert_eq!(row.text_at(Point::new(row.text.x, middle)), 0);
    assert_eq!(row.text_at(Point::new(row.text.x + 400.0, middle)), 5);
}

#[test]
fn what_is_selected_and_found_is_marked_and_then_is_not() {
    let mut row = row("hello world");
    let count = |row: &Row, wanted| row.marks.iter().filter(|(_, mark)| *mark == wanted).count();
    row.mark(&[0..2, 6..11], 0..8);
    assert_eq!(
        (count(&row, Mark::Selected), count(&row, Mark::Found)),
        (1, 2)
    );
    row.mark(&[], 0..0);
    assert_eq!(row.marks.len(), 0);
}

#[test]
fn a_text_of_100_kb_is_laid_out_in_pieces_that_lose_no_letter() {
    let text = "много слов https://a.example ".repeat(2400);
    let ranges = cut(&text);
    assert!(ranges.len() > 40 && ranges.iter().all(|range| range.len() <= BLOCK));
    let joined: String = ranges.iter().map(|range| &text[range.clone()]).collect();
    assert!(joined == text);
    assert_eq!(cut(&"x".repeat(BLOCK + 1)), [0..BLOCK, BLOCK..BLOCK + 1]);
    let row = row(&text);
    let end = Point::new(row.text.x + row.text.width, row.text.y + row.text.height);
    assert_eq!(row.text_at(end), text.len());
    assert_eq!(row.text_at(row.text.position()), 0);
    let middle = row.text.center();
    let byte = row.text_at(middle);
    let areas = row.areas(&(byte..byte + 1));
    assert!(
        areas
            .iter()
            .any(|area| area.y <= middle.y && middle.y < area.y + area.height)
    );
}

#[test]
fn foreign_text_cannot_leave_its_row() {
    let marks = "e\u{301}".repeat(300) + &"\u{300}".repeat(3000);
    for text in [
        "\u{202e}turned\u{2066} \u{200b}\u{200d}\u{feff} nothing to see",
        "👩‍👩‍👧‍👦🏳️‍🌈🇷🇺 अनुच्छेद ภาษาไทย 한국어 日本語",
        "\u{fdfd}\u{12031}\u{1242b}\u{a9c5}",
        "\x1b[2J\x07\u{85}\u{2028}x\u{2029}y",
        &marks,
    ] {
        let row = row(&foreign::clean(text));
        assert!(
            row.height > 0 && row.height < 4000,
            "{text:?} {}",
            row.height
        );
        for (piece, at, _) in &row.pieces {
            use iced::advanced::text::Paragraph as _;
            let right = at.x + piece.min_bounds().width;
            assert!(
                at.x >= 0.0 && right <= METRICS.width + 30.0,
                "{text:?} {right}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_point_of_any_text_is_a_place_between_two_characters(
        text in "(\\PC|[a-z ]|[א-ת]|[ا-ي]|\u{301}|👩‍👩‍👧|https://x.y ){0,60}",
        x in -50.0_f32..600.0,
        y in -50.0_f32..200.0,
    ) {
        let text = foreign::clean(&text);
        let mut row = row(&text);
        let byte = row.text_at(Point::new(x, y));
        prop_assert!(text.is_char_boundary(byte), "{} of {:?}", byte, text);
        row.mark(std::slice::from_ref(&(0..byte)), byte..text.len());
        for (area, _) in &row.marks {
            prop_assert!(area.width >= 0.0 && area.height > 0.0);
        }
    }
}
