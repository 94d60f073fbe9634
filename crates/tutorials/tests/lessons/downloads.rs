//! Lesson 18: whole pictures, or a line that says why not.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::process::{PATIENCE, run, text, tutorials};

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

/// The rows of the table: way, seconds, pictures, failed.
fn table(said: &str) -> Vec<(String, f64, usize, usize)> {
    let lines = said
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("seconds"));
    let rows = lines.skip(1).take_while(|line| !line.starts_with("in "));
    rows.map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [way, seconds, pictures, failed] = cells[..] else {
            panic!("{line}")
        };
        (
            way.to_owned(),
            seconds.parse().unwrap(),
            pictures.parse().unwrap(),
            failed.parse().unwrap(),
        )
    })
    .collect()
}

#[test]
fn three_ways_fetch_the_same_real_pictures_and_two_of_them_do_not_wait_for_each() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&[
        "downloads",
        "-n",
        "8",
        "--latency",
        "150",
        "--out",
        out.path().to_str().unwrap(),
    ]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let rows = table(&said);
    let ways: Vec<&str> = rows.iter().map(|row| &*row.0).collect();
    assert_eq!(ways, ["sequential", "threads", "concurrent"]);
    // Eight waits one after the other, and eight at once: on a busy machine, too, it is less than half.
    let sequential = rows[0].1;
    assert!(sequential >= 8.0 * 0.15, "{said}");
    for (way, seconds, pictures, failed) in &rows {
        assert_eq!((*pictures, *failed), (8, 0), "{way}");
        assert!(way == "sequential" || *seconds < sequential / 2.0, "{said}");
    }
    let files = files(out.path());
    assert_eq!(files.len(), 8, "{:?}", files.keys());
    for (name, bytes) in &files {
        let picture = image::load_from_memory(bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (96, 64), "{name}");
    }
}

#[test]
fn concurrency_bounds_threads_and_tasks_alike() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().to_str().unwrap();
    let output = run(&[
        "downloads",
        "-n",
        "6",
        "--latency",
        "100",
        "--concurrency",
        "2",
        "--out",
        out,
        "--way",
        "threads",
        "--way",
        "concurrent",
    ]);
    let rows = table(&text(&output.stdout));
    assert_eq!(rows.len(), 2);
    for (way, seconds, ..) in rows {
        assert!(
            seconds >= 0.3,
            "{way} took {seconds} s for three rounds of 0.1 s"
        );
    }
}

/// A server that answers one after the other with whatever is in `answers`, and hangs up.
fn server(answers: Vec<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            // A client without descriptors is gone already.
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn read_request(stream: &mut TcpStream) {
    let mut request = [0; 4096];
    let mut length = 0;
    while !request[..length].windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut request[length..]) {
            Ok(count) if count > 0 => length += count,
            _ => return,
        }
    }
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\n\r\n{body}").into_bytes()
}

#[test]
fn a_download_that_fails_is_reported_stops_no_other_and_leaves_nothing() {
    let address = server(vec![
        answer("200 OK\r\nContent-Length: 4", "good"),
        answer("404 Not Found\r\nContent-Length: 0", ""),
        // Promises ten bytes and hangs up after four.
        answer("200 OK\r\nContent-Length: 10", "half"),
        answer("302 Found\r\nLocation: /moved.png\r\nContent-Length: 0", ""),
        answer(
            "200 OK\r\nTransfer-Encoding: chunked",
            "5\r\nmoved\r\n0\r\n\r\n",
        ),
    ]);
    let out = tempfile::tempdir().unwrap();
    let list = out.path().join("urls");
    fs::write(
        &list,
        format!("http://{address}/half.png\n\nhttp://{address}/old.png\n"),
    )
    .unwrap();
    let pictures = out.path().join("pictures");
    let output = run(&[
        "downloads",
        "--way",
        "sequential",
        "--out",
        pictures.to_str().unwrap(),
        "--url",
        &format!("http://{address}/good.png"),
        "--url",
        &format!("http://{address}/missing.png"),
        "--url-file",
        list.to_str().unwrap(),
    ]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(table(&said)[0].2, 2, "{said}");
    assert_eq!(table(&said)[0].3, 2, "{said}");
    assert!(
        said.contains("/missing.png: the server says 404 Not Found"),
        "{said}"
    );
    assert!(said.contains("/half.png: "), "{said}");
    let files = files(&pictures);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["001-good.png", "004-old.png"]);
    assert_eq!(files["001-good.png"], b"good");
    assert_eq!(files["004-old.png"], b"moved");
}

#[test]
fn nobody_at_the_other_end_is_a_failed_download() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let out = tempfile::tempdir().unwrap();
    let output = run(&[
        "downloads",
        "--way",
        "concurrent",
        "--url",
        &format!("http://{address}/a.png"),
        "--out",
        out.path().to_str().unwrap(),
    ]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot connect to"), "{said}");
    assert!(files(out.path()).is_empty());
}

#[test]
fn encrypted_pictures_come_from_whom_the_system_trusts() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificates = vec![key.cert.der().clone()];
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, stream.unwrap());
            let mut request = [0; 4096];
            // One that does not trust us breaks off here.
            if stream.read(&mut request).is_ok() {
                stream
                    .write_all(&answer("200 OK\r\nContent-Length: 6", "secret"))
                    .unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    let out = tempfile::tempdir().unwrap();
    let trusted = out.path().join("trusted.pem");
    fs::write(&trusted, key.cert.pem()).unwrap();
    let pictures = out.path().join("pictures");
    let url = format!("https://localhost:{port}/secret.png");
    let download = || {
        let mut command = tutorials(&[
            "downloads",
            "--way",
            "concurrent",
            "--url",
            &url,
            "--out",
            pictures.to_str().unwrap(),
        ]);
        command.env_remove("SSL_CERT_DIR");
        command
    };
    let stranger = download()
        .env("SSL_CERT_FILE", "/dev/null")
        .output()
        .unwrap();
    let said = text(&stranger.stdout);
    assert_eq!(stranger.status.code(), Some(1), "{said}");
    assert!(said.contains("certificate"), "{said}");
    let friend = download().env("SSL_CERT_FILE", &trusted).output().unwrap();
    assert_eq!(friend.status.code(), Some(0), "{}", text(&friend.stdout));
    assert_eq!(files(&pictures)["001-secret.png"], b"secret");
}

#[test]
fn pictures_that_no_thread_could_fetch_are_not_called_fetched() {
    let out = tempfile::tempdir().unwrap();
    let pictures = out.path().to_str().unwrap();
    let address = server(vec![answer("200 OK\r\nContent-Length: 4", "good"); 100]);
    // Descriptors for the program and its server of pictures, and none for a thread's scheduler.
    for descriptors in 10..16 {
        let mut shell = std::process::Command::new("sh");
        let command = "ulimit -n $0 && exec \"$@\"";
        shell.args(["-c", command, &descriptors.to_string()]);
        shell.arg(env!("CARGO_BIN_EXE_tutorials"));
        shell.args(["downloads", "--way", "threads", "--out", pictures]);
        for number in 1..=3 {
            shell.args(["--url", &format!("http://{address}/{number}.png")]);
        }
        let output = shell.output().unwrap();
        let said = text(&output.stdout);
        let there = files(out.path()).len();
        if let [(_, _, fetched, failed)] = &table(&said)[..] {
            assert_eq!(
                (*fetched, fetched + failed),
                (there, 3),
                "{descriptors}: {said}"
            );
            assert_eq!(output.status.code(), Some(i32::from(*failed > 0)), "{said}");
        } else {
            assert_eq!(output.status.code(), Some(1), "{descriptors}: {said}");
        }
        for name in files(out.path()).keys() {
            fs::remove_file(out.path().join(name)).unwrap();
        }
    }
}

#[test]
fn ctrl_c_takes_away_the_parts_of_pictures() {
    for way in ["sequential", "threads", "concurrent"] {
        // Sends half of each picture, and then waits.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                read_request(&mut stream);
                let half = answer("200 OK\r\nContent-Length: 10", "half");
                stream.write_all(&half).unwrap();
                open.push(stream);
            }
        });
        let out = tempfile::tempdir().unwrap();
        let mut command = tutorials(&["downloads", "--way", way, "--out"]);
        command.arg(out.path());
        for number in 1..=3 {
            command.args(["--url", &format!("http://{address}/{number}.png")]);
        }
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while !files(out.path()).values().any(|part| part == b"half") {
            assert!(started.elapsed() < PATIENCE, "{way}: nothing comes");
            thread::sleep(Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{way}: {said}");
        assert!(said.ends_with("bye\n"), "{way}: {said}");
        assert!(
            files(out.path()).is_empty(),
            "{way}: {:?}",
            files(out.path())
        );
    }
}
