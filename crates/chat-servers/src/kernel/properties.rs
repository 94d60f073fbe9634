//! The kernel against a model that is a list of names and a few lines.

use proptest::prelude::*;

use super::*;

/// What one connection does.
#[derive(Clone, Debug)]
enum Step {
    Says(u32, String),
    Ends(u32),
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("login".to_owned()),
        Just("msg".to_owned()),
        Just("msgall".to_owned()),
        Just("logout".to_owned()),
        Just("/userlist".to_owned()),
        Just("whoami".to_owned()),
        "[a-c]",
        "[ -~]{0,3}",
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let line = prop::collection::vec(words(), 0..4).prop_map(|words| words.join(" "));
    let step = prop_oneof![
        9 => (0..5u32, line).prop_map(|(who, line)| Step::Says(who, line)),
        1 => (0..5u32).prop_map(Step::Ends),
    ];
    prop::collection::vec(step, 0..60)
}

/// The protocol as short as it can be said: texts instead of messages, loops instead of maps.
#[derive(Default)]
struct Model {
    users: Vec<(String, u32)>,
}

impl Model {
    /// Who is told what, and whether the connection ends.
    fn says(&mut self, who: u32, line: &str) -> (Vec<u32>, String, bool) {
        let me = self.users.iter().find(|user| user.1 == who).cloned();
        let line = line.trim_matches(' ');
        let words: Vec<&str> = line.strip_prefix('/').unwrap_or(line).split(' ').collect();
        let find = |name: &str| self.users.iter().find(|user| user.0 == name).cloned();
        let all = |users: &[(String, u32)]| users.iter().map(|user| user.1).collect::<Vec<_>>();
        let error = |text: &str| (vec![who], format!("error {text}"), false);
        match (words[0], words.len(), me) {
            ("login", 1, _) => error("require username"),
            ("login", 3.., _) | ("logout", 2.., _) | ("msg", 1, _) => error("overage info"),
            ("msg", 2, _) | ("msgall", 1, _) => error("empty message"),
            ("login", _, Some(_)) => error("Already login!"),
            ("login", _, None)
                if words[1].contains(['[', ']', ':', '/', '\'', '"', '<', '>', '&']) =>
            {
                error("invalid username")
            }
            ("login", _, None) if find(words[1]).is_some() => error("Username already taken!"),
            ("login", _, None) => {
                self.users.push((words[1].to_owned(), who));
                (all(&self.users), format!("login {}", words[1]), false)
            }
            ("msg" | "msgall" | "logout" | "whoami" | "userlist", _, None) => error("First login!"),
            ("msg", _, Some(me)) => match find(words[1]) {
                None => error(&format!("[{}] not found!", words[1])),
                Some(other) => {
                    let text = format!("{}->{}: {}", me.0, other.0, words[2..].join(" "));
                    (vec![other.1, who], text, false)
                }
            },
            ("msgall", _, Some(me)) => (
                all(&self.users),
                format!("{}: {}", me.0, words[1..].join(" ")),
                false,
            ),
            ("logout", _, Some(me)) => {
                let told = all(&self.users);
                self.users.retain(|user| user.1 != who);
                (told, format!("logout {}", me.0), true)
            }
            ("whoami", _, Some(me)) => (vec![who], format!("you are {}", me.0), false),
            ("userlist", _, Some(_)) => {
                let names: Vec<_> = self.users.iter().map(|user| user.0.clone()).collect();
                (vec![who], format!("here are {}", names.join(",")), false)
            }
            _ => error("unknown command"),
        }
    }
}

fn told(kernel: &Kernel, effects: &[Effect<'_>]) -> (Vec<u32>, String, bool) {
    let mut result = (Vec::new(), String::new(), false);
    for effect in effects {
        match effect {
            Effect::Close(_) => result.2 = true,
            Effect::Send { to, message } => {
                let everyone = kernel.everyone().map(|connection| connection.0);
                match *to {
                    To::Everyone => result.0.extend(everyone),
                    To::EveryoneAnd(one) => result.0.extend(everyone.chain([one.0])),
                    To::One(one) => result.0.push(one.0),
                    To::Both(one, other) => result.0.extend([one.0, other.0]),
                }
                result.1 = match message {
                    Message::Login(name) => format!("login {name}"),
                    Message::Logout(name) => format!("logout {name}"),
                    Message::Chat { from, text, .. } => format!("{from}: {text}"),
                    Message::Private { from, to, text, .. } => format!("{from}->{to}: {text}"),
                    Message::WhoAmI { name, .. } => format!("you are {name}"),
                    Message::UserList { names, .. } => format!("here are {}", names.join(",")),
                    Message::Error(refusal) => format!("error {refusal}"),
                    Message::ShuttingDown => "end".to_owned(),
                };
            }
        }
    }
    result.0.sort_unstable();
    result.0.dedup();
    result
}

proptest! {
    #[test]
    fn the_kernel_does_what_the_model_does(steps in steps()) {
        let mut kernel = Kernel::new(Flood { rate: 0, burst: 1 });
        let mut model = Model::default();
        let now = Now { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
        for step in steps {
            match step {
                Step::Says(who, line) => {
                    let effects = kernel.receive(now, Connection(who), Line::Text(&line));
                    let mut expected = model.says(who, &line);
                    expected.0.sort_unstable();
                    expected.0.dedup();
                    prop_assert_eq!(told(&kernel, &effects), expected, "{:?}", line);
                }
                Step::Ends(who) => {
                    let gone = kernel.disconnected(Connection(who));
                    let was = model.users.iter().any(|user| user.1 == who);
                    prop_assert_eq!(gone.len(), usize::from(was));
                    model.users.retain(|user| user.1 != who);
                }
            }
        }
    }
}
