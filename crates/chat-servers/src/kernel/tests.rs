//! The oracle's tables, line by line.

use super::*;

struct Script {
    kernel: Kernel,
    now: Now,
}

fn script() -> Script {
    Script {
        kernel: Kernel::new(Flood::default()),
        now: Now {
            elapsed: Duration::from_secs(5),
            wall: Timestamp::UNIX_EPOCH,
        },
    }
}

const ANN: Connection = Connection(1);
const BOB: Connection = Connection(2);
const EVE: Connection = Connection(3);

impl Script {
    fn says<'a>(&mut self, who: Connection, line: &'a str) -> Vec<Effect<'a>> {
        // Time passes, so that no script is a flood.
        self.now.elapsed += Duration::from_secs(1);
        self.kernel.receive(self.now, who, Line::Text(line))
    }

    fn refused(&mut self, who: Connection, line: &str) -> String {
        match self.says(who, line).as_slice() {
            [
                Effect::Send {
                    to: To::One(one),
                    message: Message::Error(refusal),
                },
            ] if *one == who => refusal.to_string(),
            other => panic!("{line:?} was not refused: {other:?}"),
        }
    }

    fn with_ann_and_bob() -> Self {
        let mut script = script();
        script.says(ANN, "login ann");
        script.says(BOB, "login bob");
        script
    }
}

fn send<'a>(to: To, message: Message<'a>) -> Vec<Effect<'a>> {
    vec![Effect::Send { to, message }]
}

#[test]
fn login_is_told_to_everyone_and_the_newcomer() {
    let mut script = script();
    let told = script.says(ANN, "login ann");
    assert_eq!(told, send(To::Everyone, Message::Login("ann".into())));
    assert_eq!(script.kernel.everyone().collect::<Vec<_>>(), [ANN]);
}

#[test]
fn everyone_is_listed_in_order_of_login() {
    let mut script = script();
    script.says(BOB, "login zoe");
    script.says(ANN, "login ann");
    script.says(BOB, "logout");
    script.says(EVE, "login eve");
    script.says(BOB, "login bob");
    let names: Vec<Arc<str>> = vec!["ann".into(), "eve".into(), "bob".into()];
    for (line, bare) in [
        ("userlist", false),
        ("/userlist", true),
        ("userlist extra", false),
    ] {
        let message = Message::UserList {
            names: names.clone(),
            bare,
        };
        assert_eq!(script.says(ANN, line), send(To::One(ANN), message));
    }
}

#[test]
fn a_private_message_goes_to_both_and_once_to_oneself() {
    let mut script = Script::with_ann_and_bob();
    let told = script.says(ANN, "msg bob how are you");
    let [Effect::Send { to, message }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(*to, To::Both(BOB, ANN));
    assert!(matches!(
        message,
        Message::Private {
            text: "how are you",
            ..
        }
    ));
    let told = script.says(ANN, "msg ann note");
    assert!(matches!(
        told.as_slice(),
        [Effect::Send {
            to: To::One(ANN),
            ..
        }]
    ));
}

#[test]
fn blanks_inside_a_text_are_kept_and_those_around_the_line_are_not() {
    let mut script = Script::with_ann_and_bob();
    for (line, expected) in [
        ("msgall hello", "hello"),
        ("  msgall  two  blanks ", " two  blanks"),
        ("/msgall a - b: c", "a - b: c"),
        ("msgall tab\there", "tab\there"),
    ] {
        let told = script.says(ANN, line);
        let [
            Effect::Send {
                to: To::Everyone,
                message: Message::Chat { text, from, .. },
            },
        ] = told.as_slice()
        else {
            panic!("{line:?}: {told:?}");
        };
        assert_eq!((*text, from.as_ref()), (expected, "ann"));
    }
}

#[test]
fn logout_is_told_to_all_and_the_leaver_and_then_ends_the_connection() {
    let mut script = Script::with_ann_and_bob();
    let message = Message::Logout("ann".into());
    let mut expected = send(To::EveryoneAnd(ANN), message);
    expected.push(Effect::Close(ANN));
    assert_eq!(script.says(ANN, "logout"), expected);
    assert_eq!(script.kernel.everyone().collect::<Vec<_>>(), [BOB]);
    assert_eq!(script.kernel.disconnected(ANN), []);
}

#[test]
fn a_connection_that_ends_is_a_logout_to_the_others() {
    let mut script = Script::with_ann_and_bob();
    let told = script.kernel.disconnected(BOB);
    assert_eq!(told, send(To::Everyone, Message::Logout("bob".into())));
    assert_eq!(script.kernel.everyone().collect::<Vec<_>>(), [ANN]);
    assert_eq!(script.kernel.disconnected(EVE), []);
}

#[test]
fn whoami_answers_with_the_name() {
    let mut script = Script::with_ann_and_bob();
    for (line, bare) in [
        ("whoami", false),
        ("/whoami", true),
        ("whoami extra", false),
    ] {
        let name = "bob".into();
        let message = Message::WhoAmI { name, bare };
        assert_eq!(script.says(BOB, line), send(To::One(BOB), message));
    }
}

#[test]
fn every_error_of_the_table() {
    for line in [
        "",
        "   ",
        "hello",
        "LOGIN ann",
        "/",
        "//whoami",
        "whoami\tx",
    ] {
        assert_eq!(script().refused(ANN, line), "unknown command", "{line:?}");
        let mut script = Script::with_ann_and_bob();
        assert_eq!(script.refused(ANN, line), "unknown command", "{line:?}");
    }
    for (line, expected) in [
        ("login", "require username"),
        ("login a b", "overage info"),
        ("login  ann", "overage info"),
        ("logout x", "overage info"),
        ("msg", "overage info"),
        ("msg bob", "empty message"),
        ("msgall", "empty message"),
        ("msgall ", "empty message"),
    ] {
        // Syntax comes before the state of login.
        assert_eq!(script().refused(ANN, line), expected, "{line:?}");
        let mut script = Script::with_ann_and_bob();
        assert_eq!(script.refused(ANN, line), expected, "{line:?}");
    }
    for line in [
        "msg bob x",
        "msgall x",
        "logout",
        "whoami",
        "userlist",
        "/userlist x",
    ] {
        assert_eq!(script().refused(ANN, line), "First login!", "{line:?}");
    }
    let mut script = Script::with_ann_and_bob();
    assert_eq!(script.refused(ANN, "login other"), "Already login!");
    assert_eq!(script.refused(ANN, "login in:valid"), "Already login!");
    assert_eq!(script.refused(EVE, "login ann"), "Username already taken!");
    assert_eq!(script.refused(ANN, "msg carl hi"), "[carl] not found!");
    assert_eq!(script.refused(ANN, "msg  hi"), "[] not found!");
    script.says(EVE, "login Ann");
    assert_eq!(script.kernel.everyone().count(), 3, "case matters");
}

#[test]
fn names_are_one_to_thirty_two_characters_that_forge_nothing() {
    let longest = "ж".repeat(32);
    for name in ["a", "Élodie", "a-b_c.d", longest.as_str()] {
        let told = script().says(ANN, &format!("login {name}")).len();
        assert_eq!((told, command::is_name(name)), (1, true), "{name}");
    }
    let long = "x".repeat(33);
    for name in [
        "a\u{1b}b",
        "a\u{85}",
        "a\u{202e}b",
        "[a",
        "a]",
        "a:",
        "a/b",
        "a'b",
        "a\"",
        "<a",
        "a>",
        "a&b",
        &long,
    ] {
        let line = format!("login {name}");
        assert_eq!(script().refused(ANN, &line), "invalid username", "{name:?}");
    }
}

#[test]
fn what_is_no_line_is_refused_and_the_connection_stays() {
    let mut script = Script::with_ann_and_bob();
    for (line, refusal) in [
        (Line::TooLong, Refusal::TooLong),
        (Line::NotUtf8, Refusal::NotUtf8),
    ] {
        let told = script.kernel.receive(script.now, ANN, line);
        assert_eq!(told, send(To::One(ANN), Message::Error(refusal)));
    }
    assert_eq!(script.kernel.everyone().count(), 2);
}

#[test]
fn a_flood_is_dropped_and_hurts_only_its_sender() {
    let mut script = script();
    let mut refused = 0;
    for _ in 0..100 {
        let told = script
            .kernel
            .receive(script.now, ANN, Line::Text("login ann"));
        refused += usize::from(told == send(To::One(ANN), Message::Error(Refusal::SlowDown)));
    }
    assert_eq!(refused, 60);
    let told = script
        .kernel
        .receive(script.now, BOB, Line::Text("login bob"));
    assert_eq!(told, send(To::Everyone, Message::Login("bob".into())));
    script.says(ANN, "msgall again after a second");
    assert_eq!(script.kernel.everyone().count(), 2);
}
