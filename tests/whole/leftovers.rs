//! What a program leaves behind: nothing but the files that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::process::Signal;

use crate::binary;
use crate::conventions::{GAMES, SERVERS};
use crate::flows::get;
use crate::program::{Program, output};
use crate::terminal::Terminal;

/// Every file below `directory`, without its name.
fn files(directory: &Path) -> BTreeSet<String> {
    below(directory)
        .iter()
        .map(|path| {
            let path = path.strip_prefix(directory).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect()
}

fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn servers_write_what_they_name_and_nothing_else() {
    for (name, arguments, ready) in SERVERS {
        let home = tempfile::tempdir().unwrap();
        let mut command = binary::command(name, home.path());
        command.args(arguments);
        let mut server = Program::start(command);
        server.until(ready);
        server.signal(Signal::INT);
        assert_eq!(server.code(), 0, "{name}");
        let expected: &[&str] = match name {
            // Its `--data`, named in its first lines.
            "underground-chat" => &["minechat-accounts.redb"],
            _ => &[],
        };
        let expected = expected.iter().map(|&file| file.to_owned()).collect();
        assert_eq!(files(home.path()), expected, "{name}");
    }
}

#[test]
fn games_write_nothing_until_there_is_a_score() {
    for (name, first) in GAMES {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().to_str().unwrap();
        let start = format!("cd {directory} && exec {}", binary::path(name).display());
        let variables = [("HOME", directory), ("XDG_DATA_HOME", directory)];
        let mut game = Terminal::start_with("/bin/sh", &["-c", &start], 80, 24, &variables);
        game.wait_for(first);
        game.send("q");
        assert_eq!(game.end(), 0, "{name}");
        assert_eq!(files(home.path()), BTreeSet::new(), "{name}");
    }
}

#[test]
fn clients_write_token_and_history_and_nothing_else() {
    let house = tempfile::tempdir().unwrap();
    let mut command = binary::command("underground-chat", house.path());
    command.args(["serve", "--read-port=0", "--write-port=0"]);
    let server = Program::start(command);
    let line = server.until("listening on");
    let ports: Vec<&str> = line
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("127.0.0.1:"))
        .collect();

    let home = tempfile::tempdir().unwrap();
    let client = |arguments: &[&str]| {
        let mut command = binary::command("underground-chat", home.path());
        command
            .args(arguments)
            .args(["--read-port", ports[0], "--write-port", ports[1]]);
        command
    };
    let registered = output(client(&["register", "Eva"]));
    assert!(registered.status.success(), "{registered:?}");
    assert_eq!(files(home.path()), BTreeSet::from([".env".to_owned()]));

    let mut listener = Program::start(client(&["listen"]));
    // What was said before the listener was there it does not hear.
    let heard = (0..100).any(|_| {
        let sent = output(client(&["send", "hello"]));
        assert!(sent.status.success(), "{sent:?}");
        files(home.path()).contains("minechat.history")
    });
    assert!(heard, "{:?}", files(home.path()));
    listener.signal(Signal::INT);
    assert_eq!(listener.code(), 0);
    let expected = [".env", "minechat.history"].map(str::to_owned);
    let locks = |file: &String| !file.ends_with(".lock");
    let found: BTreeSet<String> = files(home.path()).into_iter().filter(locks).collect();
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn the_bundled_albums_are_only_read() {
    let albums = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/photos");
    let state = || -> Vec<(PathBuf, u64, SystemTime)> {
        let describe = |path: PathBuf| {
            let metadata = fs::metadata(&path).unwrap();
            (path, metadata.len(), metadata.modified().unwrap())
        };
        below(&albums).into_iter().map(describe).collect()
    };
    let before = state();
    assert!(before.len() > 30, "{before:?}");
    let home = tempfile::tempdir().unwrap();
    let mut command = binary::command("photo-archive", home.path());
    command.args(["--bind=127.0.0.1:0"]);
    let mut server = Program::start(command);
    let line = server.until("open http://");
    let address = line.split('/').nth(2).unwrap();
    let archive = get(address, "/archive/kT7vQ2mXw9RbLz4nYc8sHd3f/");
    assert!(
        archive.windows(4).any(|four| four == b"PK\x01\x02"),
        "no ZIP"
    );
    server.signal(Signal::INT);
    assert_eq!(server.code(), 0);
    assert_eq!(state(), before);
}
