//! What the stage promises: order, sleep, spawning, dropping, sameness.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::engine::{Art, Keys, Layer, Place, Ticks};

const SIZE: Size = Size::new(20, 10);

type Log = Rc<RefCell<Vec<(u64, u32)>>>;

fn step(stage: &mut Stage, ticks: u32) {
    for _ in 0..ticks {
        stage.step(Keys::NONE);
    }
}

fn screen(stage: &Stage) -> String {
    let mut terminal = Terminal::new(TestBackend::new(SIZE.width, SIZE.height)).unwrap();
    terminal.draw(|frame| stage.draw(frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn those_due_together_run_in_the_order_they_were_spawned() {
    let mut stage = Stage::new(SIZE, 0);
    let log = Log::default();
    // They fall asleep in reverse order and at different ticks, and all wake at tick 300.
    for name in 0..5 {
        let log = log.clone();
        stage.spawn(async move |scene| {
            scene.sleep(Ticks(50 - 10 * name)).await;
            scene.sleep(Ticks(249 + 10 * name)).await;
            log.borrow_mut().push((scene.now(), name));
        });
    }
    step(&mut stage, 299);
    assert!(log.borrow().is_empty());
    step(&mut stage, 1);
    let expected: Vec<_> = (0..5).map(|name| (300, name)).collect();
    assert_eq!(*log.borrow(), expected);
    assert_eq!(stage.coroutines(), 0);
}

#[test]
fn a_sleeping_coroutine_is_not_polled_before_it_is_due() {
    let mut stage = Stage::new(SIZE, 0);
    let polls = Rc::new(Cell::new(0));
    let counter = polls.clone();
    stage.spawn(async move |scene| {
        let mut sleep = pin!(scene.sleep(Ticks(1000)));
        poll_fn(|context| {
            counter.set(counter.get() + 1);
            sleep.as_mut().poll(context)
        })
        .await;
    });
    step(&mut stage, 1000);
    assert_eq!(polls.get(), 1, "the poll that fell asleep");
    step(&mut stage, 1);
    assert_eq!(polls.get(), 2);
}

#[test]
fn a_sleep_of_no_ticks_goes_on_at_once() {
    let mut stage = Stage::new(SIZE, 0);
    stage.spawn(async move |scene| scene.sleep(Ticks(0)).await);
    step(&mut stage, 1);
    assert_eq!(stage.coroutines(), 0);
}

#[test]
fn two_sleeps_of_one_coroutine_wake_it_for_the_earlier() {
    let mut stage = Stage::new(SIZE, 0);
    let woken = Rc::new(Cell::new(0));
    let at = woken.clone();
    stage.spawn(async move |scene| {
        let (mut long, mut short) = (pin!(scene.sleep(Ticks(400))), pin!(scene.sleep(Ticks(7))));
        poll_fn(|context| {
            let _ = long.as_mut().poll(context);
            short.as_mut().poll(context)
        })
        .await;
        at.set(scene.now());
        long.await;
        at.set(scene.now());
    });
    step(&mut stage, 8);
    assert_eq!(woken.get(), 8);
    step(&mut stage, 393);
    assert_eq!(woken.get(), 401);
}

#[test]
fn what_is_spawned_within_a_tick_runs_within_it_after_all_others() {
    let mut stage = Stage::new(SIZE, 0);
    let log = Log::default();
    let (first, second) = (log.clone(), log.clone());
    stage.spawn(async move |scene| {
        let (child, grandchild) = (first.clone(), first.clone());
        scene.spawn(async move |scene| {
            child.borrow_mut().push((scene.now(), 3));
            scene.spawn(async move |scene| grandchild.borrow_mut().push((scene.now(), 4)));
        });
        first.borrow_mut().push((scene.now(), 1));
    });
    stage.spawn(async move |scene| second.borrow_mut().push((scene.now(), 2)));
    step(&mut stage, 1);
    assert_eq!(*log.borrow(), [(1, 1), (1, 2), (1, 3), (1, 4)]);
}

#[test]
fn coroutines_that_end_make_room_for_others_in_the_same_tick() {
    let mut stage = Stage::new(SIZE, 0);
    let ended = Rc::new(Cell::new(0_u32));
    for n in 0..100 {
        let ended = ended.clone();
        stage.spawn(async move |scene| {
            scene.sleep(Ticks(n % 7)).await;
            let heirs = ended.clone();
            scene.spawn(async move |scene| {
                scene.sleep(Ticks(n % 5)).await;
                heirs.set(heirs.get() + 1);
            });
            ended.set(ended.get() + 1);
        });
    }
    step(&mut stage, 20);
    assert_eq!((stage.coroutines(), ended.get()), (0, 200));
    assert!(stage.coroutines.len() <= 200);
}

#[test]
fn a_dropped_sprite_leaves_the_screen() {
    let mut stage = Stage::new(SIZE, 0);
    stage.spawn(async move |scene| {
        let kept = scene.sprite(Layer(0), &Art::new("kept"));
        let dropped = scene.sprite(Layer(0), &Art::new("\n\n\ngone"));
        scene.sleep(Ticks(3)).await;
        drop(dropped);
        scene.sleep(Ticks(3)).await;
        drop(kept);
    });
    step(&mut stage, 3);
    assert!(screen(&stage).contains("gone") && screen(&stage).contains("kept"));
    step(&mut stage, 1);
    assert!(!screen(&stage).contains("gone") && screen(&stage).contains("kept"));
    step(&mut stage, 3);
    assert!(!screen(&stage).contains("kept"));
    assert_eq!(stage.sprites(), 0);
}

#[test]
fn a_coroutine_that_ends_takes_its_sprites_along() {
    let mut stage = Stage::new(SIZE, 0);
    stage.spawn(async move |scene| {
        let _sprite = scene.sprite(Layer(0), &Art::new("x"));
        scene.next_tick().await;
    });
    stage.spawn(async move |scene| {
        let _sprite = scene.sprite(Layer(0), &Art::new("y"));
        pending::<()>().await;
    });
    step(&mut stage, 1);
    assert_eq!(stage.sprites(), 2);
    step(&mut stage, 1);
    assert_eq!((stage.sprites(), stage.coroutines()), (1, 1));
}

#[test]
fn a_stage_that_goes_takes_everything_along() {
    let witness = Rc::new(());
    let mut stage = Stage::new(SIZE, 0);
    for ran in [true, false] {
        let witness = witness.clone();
        stage.spawn(async move |scene| {
            let _held = (witness, scene.sprite(Layer(0), &Art::new("x")));
            pending::<()>().await;
        });
        if ran {
            step(&mut stage, 1);
        }
    }
    assert_eq!(Rc::strong_count(&witness), 3);
    drop(stage);
    assert_eq!(Rc::strong_count(&witness), 1);
}

#[test]
fn sprites_that_come_and_go_do_not_pile_up() {
    let stage = Stage::new(SIZE, 0);
    let art = Art::new("x");
    for _ in 0..10_000 {
        drop(stage.scene().sprite(Layer(0), &art));
    }
    assert!(stage.scene.shared.cast.borrow().capacity() <= 64);
}

#[test]
fn a_higher_layer_covers_whatever_was_made_when() {
    let mut stage = Stage::new(SIZE, 0);
    stage.spawn(async move |scene| {
        let _text = scene.sprite(Layer(9), &Art::new("2020"));
        let _garbage = scene.sprite(Layer(5), &Art::new("######"));
        let _younger = scene.sprite(Layer(5), &Art::new("@"));
        pending::<()>().await;
    });
    step(&mut stage, 1);
    assert!(screen(&stage).starts_with("\"2020##"), "{}", screen(&stage));
}

#[test]
fn an_unchanged_picture_says_so() {
    let mut stage = Stage::new(SIZE, 0);
    let art = Art::new("x");
    let sprite = stage.scene().sprite(Layer(0), &art);
    assert!(stage.take_changed());
    sprite.move_to(Place::default());
    sprite.set_art(&art);
    step(&mut stage, 5);
    assert!(!stage.take_changed());
    sprite.move_to(Place { x: 1, y: 0 });
    assert!(stage.take_changed());
    drop(sprite);
    assert!(stage.take_changed());
}

/// A small game that uses all there is: it spawns, ends, sleeps, moves and rolls dice.
async fn spark(scene: Scene, generation: u32) {
    let art = Art::new(scene.pick(&["*", "+", ".", "o"]));
    let sprite = scene.sprite(Layer(scene.below(3) as u8), &art);
    for _ in 0..scene.below(6) + 1 {
        let (dx, dy) = scene.keys().direction();
        let size = scene.size();
        let place = Place {
            x: scene.below(u32::from(size.width)) as i32,
            y: scene.below(u32::from(size.height)) as i32,
        };
        sprite.move_to(place.plus(dx, dy));
        if generation < 4 && scene.below(3) == 0 {
            scene.spawn(|scene| spark(scene, generation + 1));
        }
        scene.sleep(Ticks(scene.below(9))).await;
    }
}

fn play(seed: u64, inputs: &[(u8, Option<(u16, u16)>)]) -> Vec<String> {
    let mut stage = Stage::new(SIZE, seed);
    for _ in 0..5 {
        stage.spawn(|scene| spark(scene, 0));
    }
    let mut pictures = Vec::new();
    for &(keys, size) in inputs {
        let keys = Keys::NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| keys >> bit & 1 == 1)
            .fold(Keys::NONE, |keys, (_, &(_, key))| keys | key);
        let resize = size.map(|(width, height)| Size::new(width, height));
        stage.step(Input { keys, resize });
        pictures.push(screen(&stage));
    }
    pictures
}

proptest! {
    #[test]
    fn the_same_seed_and_inputs_give_the_same_pictures(
        seed in any::<u64>(),
        inputs in prop::collection::vec(
            (any::<u8>(), prop::option::weighted(0.1, (1_u16..200, 1_u16..60))), 1..60)
    ) {
        prop_assert_eq!(play(seed, &inputs), play(seed, &inputs));
    }
}

#[test]
fn another_seed_gives_another_picture() {
    let inputs = [(0, None); 10];
    assert_ne!(play(1, &inputs), play(2, &inputs));
}

#[test]
fn a_poll_of_ready_ends_the_coroutine() {
    let mut stage = Stage::new(SIZE, 0);
    stage.spawn(|_| poll_fn(|_| Poll::Ready(())));
    step(&mut stage, 2);
    assert_eq!(stage.coroutines(), 0);
}
