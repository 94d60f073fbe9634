//! The oracle's client duties, line by line, and what happens when the server dies after any byte.

use proptest::prelude::*;

use super::*;
use crate::protocol::{GREETING, Limits, PROMPT, Request, SENT, ServerSession, UNKNOWN, WELCOME};

const TOKEN: &str = "9a08f44c-c541-11eb-8c47-0242ac110002";
const ACCOUNT: &str =
    r#"{"nickname": "Keen oleg", "account_hash": "9a08f44c-c541-11eb-8c47-0242ac110002"}"#;

fn with_token() -> Option<Login> {
    Some(Login::Token(Token::new(TOKEN).unwrap()))
}

/// A session and its clock.
struct Script {
    session: ClientSession,
    now: Instant,
}

impl Script {
    fn new(login: Option<Login>) -> Self {
        let now = Instant::now();
        Self {
            session: ClientSession::new(login, 3, now),
            now,
        }
    }

    fn connected(mut self) -> Self {
        self.session.connected(self.now);
        self
    }

    /// Sends lines to the session; what it sends back.
    fn hear(&mut self, lines: &[&str]) -> String {
        for line in lines {
            let line = format!("{line}\n");
            self.session.receive(line.as_bytes(), self.now).unwrap();
        }
        self.said()
    }

    fn said(&mut self) -> String {
        String::from_utf8(self.session.take_outgoing()).unwrap()
    }

    fn events(&mut self) -> Vec<ClientEvent> {
        std::iter::from_fn(|| self.session.next_event()).collect()
    }

    fn wait(&mut self, time: Duration) -> Result<(), ProtocolError> {
        self.now += time;
        self.session.timeout(self.now)
    }
}

/// Logged in, with what led there already taken out.
fn welcome() -> Script {
    let mut script = Script::new(with_token()).connected();
    script.hear(&[GREETING, ACCOUNT, WELCOME]);
    script.events();
    script
}

#[test]
fn a_known_token_leads_to_the_nickname_the_server_gave() {
    let mut script = Script::new(with_token()).connected();
    assert_eq!(script.said(), "", "the greeting comes first");
    assert_eq!(script.hear(&[GREETING]), format!("{TOKEN}\n"));
    assert_eq!(script.hear(&[ACCOUNT, WELCOME]), "");
    assert_eq!(
        script.events(),
        [
            ClientEvent::Nickname("Keen oleg".to_owned()),
            ClientEvent::Welcome
        ]
    );
}

#[test]
fn registering_answers_the_prompt_and_the_next_connection_uses_the_token() {
    let mut script = Script::new(Some(Login::Register("two\nlines ".to_owned()))).connected();
    assert_eq!(script.hear(&[GREETING]), "\n");
    assert_eq!(script.hear(&[PROMPT]), "two lines\n");
    script.hear(&[ACCOUNT, WELCOME]);
    let account = Account {
        nickname: "Keen oleg".to_owned(),
        token: Token::new(TOKEN).unwrap(),
    };
    assert_eq!(
        script.events(),
        [
            ClientEvent::Nickname("Keen oleg".to_owned()),
            ClientEvent::Registered(account),
            ClientEvent::Welcome
        ]
    );
    script.session.connected(script.now);
    assert_eq!(script.hear(&[GREETING]), format!("{TOKEN}\n"));
}

#[test]
fn after_null_nothing_is_sent_until_the_user_decides() {
    let mut script = Script::new(with_token()).connected();
    script.session.post("typed before", script.now).unwrap();
    assert_eq!(
        script.hear(&[GREETING, UNKNOWN, PROMPT]),
        format!("{TOKEN}\n")
    );
    assert_eq!(script.events(), [ClientEvent::TokenRejected]);
    assert!(!script.session.wants_connection());
    script.wait(Duration::from_secs(3600)).unwrap();
    assert_eq!(script.said(), "", "a ping would be an empty nickname here");

    let name = Login::Register("oleg".to_owned());
    script.session.log_in(name, script.now);
    assert_eq!(script.said(), "oleg\n");
    assert_eq!(script.hear(&[ACCOUNT, WELCOME]), "typed before\n\n");
}

#[test]
fn a_decision_between_null_and_its_prompt_is_not_forgotten() {
    let mut script = Script::new(with_token()).connected();
    script.hear(&[GREETING, UNKNOWN]);
    let name = Login::Register("oleg".to_owned());
    script.session.log_in(name, script.now);
    assert_eq!(script.said(), "", "the server has not asked yet");
    assert_eq!(script.hear(&[PROMPT]), "oleg\n");

    let mut script = Script::new(with_token()).connected();
    script.hear(&[GREETING, UNKNOWN]);
    script.session.log_in(with_token().unwrap(), script.now);
    script.hear(&[PROMPT]);
    assert!(
        script.session.is_offline(),
        "a token needs another connection"
    );
    assert!(script.session.wants_connection());
}

#[test]
fn a_change_of_mind_while_the_server_looks_is_what_counts() {
    let mut script = Script::new(with_token()).connected();
    script.hear(&[GREETING]);
    let other = Login::Token(Token::new("other").unwrap());
    script.session.log_in(other, script.now);
    assert!(script.session.is_offline());
    script.session.connected(script.now);
    assert_eq!(script.hear(&[GREETING]), "other\n");
}

#[test]
fn with_no_way_to_get_in_a_connection_is_left_alone() {
    let mut script = Script::new(None).connected();
    assert_eq!(script.hear(&[GREETING]), "");
    assert!(script.session.is_offline() && !script.session.wants_connection());
}

#[test]
fn a_message_can_be_taken_back_until_it_is_sent() {
    let mut script = welcome();
    let ids = ["one", "two", "three"].map(|text| script.session.post(text, script.now).unwrap());
    assert_eq!(script.said(), "one\n\n");
    assert_eq!(script.session.take_back(ids[0]), None);
    assert_eq!(script.session.take_back(ids[1]).as_deref(), Some("two"));
    assert_eq!(script.session.take_back(ids[1]), None);
    script.session.disconnected();
    assert_eq!(
        script.session.take_back(ids[0]),
        None,
        "it may have arrived"
    );
    script.session.connected(script.now);
    script.hear(&[GREETING, ACCOUNT, WELCOME]);
    assert_eq!(script.hear(&[SENT]), "three\n\n");
    assert_eq!(script.session.take_back(ids[0]), None);
    assert_eq!(script.session.unconfirmed(), 1);
}

#[test]
fn the_texts_that_would_be_lost_are_known_in_their_order() {
    let mut script = welcome();
    for text in ["one", "two\nlines", "three"] {
        script.session.post(text, script.now).unwrap();
    }
    let texts = |script: &Script, last| -> Vec<String> {
        let texts = script.session.unconfirmed_texts(last);
        texts.map(str::to_owned).collect()
    };
    assert_eq!(texts(&script, usize::MAX), ["one", "two lines", "three"]);
    assert_eq!(texts(&script, 2), ["two lines", "three"]);
    script.hear(&[SENT]);
    assert_eq!(texts(&script, 9), ["two lines", "three"]);
}

#[test]
fn messages_go_one_at_a_time_and_are_confirmed_in_order() {
    let mut script = welcome();
    let first = script.session.post("one\nline", script.now).unwrap();
    let second = script.session.post("two", script.now).unwrap();
    assert_eq!(script.said(), "one line\n\n");
    assert_eq!(script.hear(&[SENT]), "two\n\n");
    assert_eq!(script.hear(&[SENT]), "");
    assert_eq!(
        script.events(),
        [ClientEvent::Sent(first), ClientEvent::Sent(second)]
    );
}

#[test]
fn what_is_not_confirmed_is_sent_again_and_what_is_confirmed_never() {
    let mut script = welcome();
    script.session.post("one", script.now).unwrap();
    script.session.post("two", script.now).unwrap();
    assert_eq!(script.said(), "one\n\n");
    assert_eq!(script.hear(&[SENT]), "two\n\n");
    script.session.disconnected();
    script.session.post("three", script.now).unwrap();
    assert_eq!(script.said(), "", "there is no connection");
    script.session.connected(script.now);
    assert_eq!(
        script.hear(&[GREETING, ACCOUNT, WELCOME]),
        format!("{TOKEN}\ntwo\n\n")
    );
    assert_eq!(script.hear(&[SENT]), "three\n\n");
}

#[test]
fn an_empty_or_endless_message_is_refused_and_so_is_one_too_many() {
    let mut script = welcome();
    let now = script.now;
    assert_eq!(script.session.post(" \n ", now), Err(PostError::Empty));
    let endless = "x".repeat(LONGEST_LINE + 1);
    assert_eq!(script.session.post(&endless, now), Err(PostError::TooLong));
    for text in ["1", "2", "3"] {
        script.session.post(text, now).unwrap();
    }
    assert_eq!(script.session.post("4", now), Err(PostError::Full(3)));
    script.hear(&[SENT]);
    script.session.post("4", now).unwrap();
}

#[test]
fn a_quiet_connection_is_pinged_every_15_s_and_has_10_s_to_answer() {
    let mut script = welcome();
    script.wait(PING_AFTER - Duration::from_millis(1)).unwrap();
    assert_eq!(script.said(), "");
    script.wait(Duration::from_millis(1)).unwrap();
    assert_eq!(script.said(), "\n");
    script.wait(PATIENCE - Duration::from_millis(1)).unwrap();
    assert_eq!(script.hear(&[SENT]), "");
    assert_eq!(script.events(), [], "a ping's answer confirms nothing");
    script.wait(PING_AFTER).unwrap();
    assert_eq!(script.said(), "\n");
    assert_eq!(script.wait(PATIENCE), Err(ProtocolError::Silent));
}

#[test]
fn a_message_typed_while_a_ping_is_out_waits_for_its_answer() {
    let mut script = welcome();
    script.wait(PING_AFTER).unwrap();
    let id = script.session.post("hello", script.now).unwrap();
    assert_eq!(script.said(), "\n");
    assert_eq!(script.hear(&[SENT]), "hello\n\n");
    assert_eq!(script.events(), []);
    script.hear(&[SENT]);
    assert_eq!(script.events(), [ClientEvent::Sent(id)]);
}

#[test]
fn every_step_of_getting_in_has_10_s() {
    let lines = [GREETING, ACCOUNT, WELCOME];
    for heard in 0..lines.len() {
        let mut script = Script::new(with_token()).connected();
        script.hear(&lines[..heard]);
        script.wait(PATIENCE - Duration::from_millis(1)).unwrap();
        assert_eq!(
            script.wait(Duration::from_millis(1)),
            Err(ProtocolError::Silent),
            "after {heard} lines"
        );
    }
}

#[test]
fn a_server_of_another_protocol_is_told_apart() {
    let mut script = Script::new(with_token()).connected();
    script.hear(&["HTTP/1.1 400 Bad Request"]);
    let error = script
        .session
        .receive(b"Content-Type: text/html\n", script.now);
    assert_eq!(
        error,
        Err(ProtocolError::NotAnAccount(
            "Content-Type: text/html".to_owned()
        ))
    );
}

/// What the server did, over all its lives.
#[derive(Default)]
struct World {
    posted: Vec<String>,
    registered: usize,
}

/// One connection: everything either side sends passes in pieces of `size`, until
/// `budget` bytes have passed; whether the client was quiet and content before that.
fn converse(client: &mut ClientSession, world: &mut World, mut budget: usize, size: usize) -> bool {
    let now = Instant::now();
    let account = Account::from_line(ACCOUNT).unwrap().unwrap();
    let mut server = ServerSession::new(Limits::default());
    client.connected(now);
    loop {
        let to_client = server.take_outgoing();
        let to_server = client.take_outgoing();
        if to_client.is_empty() && to_server.is_empty() {
            client.disconnected();
            return client.unconfirmed() == 0;
        }
        for piece in to_client.chunks(size) {
            let passed = &piece[..piece.len().min(budget)];
            budget -= passed.len();
            client.receive(passed, now).unwrap();
        }
        for piece in to_server.chunks(size) {
            let passed = &piece[..piece.len().min(budget)];
            budget -= passed.len();
            server.receive(passed);
            while let Some(request) = server.next_request().unwrap() {
                match request {
                    Request::LogIn(token) if token.expose() == TOKEN => server.logged_in(&account),
                    Request::LogIn(_) => server.unknown(),
                    Request::Register(_) => {
                        world.registered += 1;
                        server.logged_in(&account);
                    }
                    Request::Post(line) => {
                        world.posted.push(String::from_utf8(line.to_vec()).unwrap());
                        server.posted();
                    }
                }
            }
        }
        if budget == 0 {
            client.disconnected();
            return false;
        }
    }
}

fn lines_of(texts: &[&str]) -> Vec<String> {
    texts
        .iter()
        .map(|text| format!("Keen oleg: {text}\n"))
        .collect()
}

#[test]
fn a_server_that_dies_after_any_byte_loses_nothing_and_gets_nothing_confirmed_again() {
    let texts = ["один", "two", "3"];
    for login in [with_token(), Some(Login::Register("oleg".to_owned()))] {
        for cut in 0..1000 {
            let mut client = ClientSession::new(login.clone(), 10, Instant::now());
            let mut world = World::default();
            for text in texts {
                client.post(text, Instant::now()).unwrap();
            }
            let whole = converse(&mut client, &mut world, cut, 7);
            let confirmed = texts.len() - client.unconfirmed();
            let before = world.posted.len();
            assert!(before >= confirmed, "cut at {cut}");
            assert!(
                converse(&mut client, &mut world, usize::MAX, 7),
                "cut at {cut}"
            );
            // After the cut exactly the unconfirmed were posted, and only the one under way twice.
            assert_eq!(
                world.posted[before..],
                lines_of(&texts[confirmed..]),
                "cut at {cut}"
            );
            assert!(before - confirmed <= 1, "cut at {cut}");
            if whole {
                assert_eq!(world.posted, lines_of(&texts));
                break;
            }
            assert!(cut < 999, "the conversation never fitted");
        }
    }
}

proptest! {
    #[test]
    fn client_and_server_understand_each_other_however_the_stream_is_cut(
        size in 1_usize..90,
        texts in proptest::collection::vec("[a-zж: ]{0,9}[a-zж]", 0..6),
        register in any::<bool>(),
    ) {
        let login = if register { Some(Login::Register("x".to_owned())) } else { with_token() };
        let mut client = ClientSession::new(login, 10, Instant::now());
        let mut world = World::default();
        for text in &texts {
            client.post(text, Instant::now()).unwrap();
        }
        prop_assert!(converse(&mut client, &mut world, usize::MAX, size));
        let trimmed: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        prop_assert_eq!(world.posted, lines_of(&trimmed));
        prop_assert_eq!(world.registered, usize::from(register));
    }

    #[test]
    fn many_cuts_repeat_at_most_one_message_each(cuts in proptest::collection::vec(0_usize..700, 0..8)) {
        let texts: Vec<String> = (0..10).map(|n| format!("m{n}")).collect();
        let mut client = ClientSession::new(with_token(), 10, Instant::now());
        let mut world = World::default();
        for text in &texts {
            client.post(text, Instant::now()).unwrap();
        }
        for &cut in &cuts {
            converse(&mut client, &mut world, cut, 64);
        }
        prop_assert!(converse(&mut client, &mut world, usize::MAX, 64));
        prop_assert!(world.posted.len() <= texts.len() + cuts.len());
        let repeated = world.posted.clone();
        world.posted.dedup();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(world.posted, lines_of(&texts), "{:?}", repeated);
    }

    #[test]
    fn no_server_can_make_a_client_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), size in 1_usize..50) {
        let mut client = ClientSession::new(with_token(), 10, Instant::now());
        client.connected(Instant::now());
        client.post("x", Instant::now()).unwrap();
        for chunk in bytes.chunks(size) {
            if client.receive(chunk, Instant::now()).is_err() {
                break;
            }
        }
    }
}
