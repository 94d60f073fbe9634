//! How many requests a second each server lesson answers, with 1, 100 and 1,000 clients, and
//! what processor time a request costs it. Server on core 0, clients on core 1.
//!
//! `cargo bench -p tutorials --bench echo -- --chart crates/tutorials/docs/echo-rate.svg`

#[path = "../../common/benches/measured/process.rs"]
mod measured;

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use measured::{on_core, processor_time};
use tutorials::net::{connect, recv, send};
use tutorials::scheduler::{Handle, Scheduler};

const LESSONS: [&[&str]; 10] = [
    &["blocking", "--protocol", "double"],
    &["threads"],
    &["select", "--protocol", "double"],
    &["callbacks", "--protocol", "double"],
    &["generator-server", "--protocol", "double"],
    &["wakers"],
    &["async-server"],
    &["send"],
    &["completion"],
    &["tokio"],
];
const CROWDS: [u32; 3] = [1, 100, 1000];
const RUNS: usize = 3;
const WARM: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(800);

/// Requests a second, and microseconds of the server's processor time for each.
type Rate = (f64, f64);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // The clients on the other core: this program starts itself again there.
    if std::env::var_os("TUTORIALS_PINNED").is_none() {
        let mut pinned = Command::new("taskset");
        pinned
            .args(["-c", "1"])
            .args(&arguments)
            .env("TUTORIALS_PINNED", "1");
        match pinned.status() {
            Ok(status) => std::process::exit(status.code().unwrap_or(1)),
            Err(error) => println!("not pinned to a core (taskset: {error})"),
        }
    }
    common::limits::raise_descriptors();
    println!(
        "{RUNS} runs of {MEASURED:?} each, interleaved; the middle one counts. Requests a second (µs of processor time for each):\n"
    );
    println!("{:<18}{:>20}{:>20}{:>20}", "clients", "1", "100", "1,000");
    let mut rates: Vec<Vec<Vec<Rate>>> = vec![vec![Vec::new(); CROWDS.len()]; LESSONS.len()];
    for _ in 0..RUNS {
        for (lesson, rates) in LESSONS.iter().zip(&mut rates) {
            for (&crowd, rates) in CROWDS.iter().zip(rates) {
                if lesson[0] != "blocking" || crowd == 1 {
                    rates.extend(measure(lesson, crowd));
                }
            }
        }
    }
    let mut table = Vec::new();
    for (lesson, rates) in LESSONS.iter().zip(&mut rates) {
        let row: Vec<Option<Rate>> = rates.iter_mut().map(|rates| middle(rates)).collect();
        print!("{:<18}", lesson[0]);
        for cell in &row {
            match cell {
                Some((rate, cost)) => print!("{:>20}", format!("{rate:.0} ({cost:.1})")),
                None => print!("{:>20}", "–"),
            }
        }
        println!();
        table.push((lesson[0], row));
    }
    let chart = arguments.iter().position(|argument| argument == "--chart");
    if let Some(path) = chart.and_then(|place| arguments.get(place + 1)) {
        // cargo runs benches in their package's directory; a path is meant from the workspace.
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(path);
        std::fs::write(&path, draw(&table)).expect("the chart can be written");
        println!("\nchart: {}", path.display());
    }
}

fn middle(rates: &mut [Rate]) -> Option<Rate> {
    rates.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    rates.get(rates.len() / 2).copied()
}

fn measure(lesson: &[&str], crowd: u32) -> Option<Rate> {
    let mut server = on_core(0, env!("CARGO_BIN_EXE_tutorials"))
        .args(lesson)
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("taskset is there");
    let mut lines = BufReader::new(server.stdout.take().expect("it is a pipe"));
    let mut first = String::new();
    let _ = lines.read_line(&mut first);
    let port = first
        .split("127.0.0.1:")
        .nth(1)
        .and_then(|rest| rest.split(';').next()?.parse().ok());
    let Some(port) = port else {
        // io_uring may be refused; the others must start.
        let _ = server.wait();
        return None;
    };
    let rest = std::thread::spawn(move || drop(lines.read_to_end(&mut Vec::new())));
    let rate = load(
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        crowd,
        &server,
    );
    let _ = server.kill();
    let _ = server.wait();
    let _ = rest.join();
    Some(rate)
}

fn load(server: SocketAddr, crowd: u32, process: &Child) -> Rate {
    let scheduler = Scheduler::new().expect("there are descriptors");
    let handle = scheduler.handle();
    let answered = Rc::new(Cell::new(0_u64));
    for _ in 0..crowd {
        let asking = ask(handle.clone(), server, Rc::clone(&answered));
        drop(handle.spawn("", asking));
    }
    scheduler.block_on(async {
        handle.sleep(WARM).await;
        let (before, used, start) = (
            answered.get(),
            processor_time(process.id()).unwrap_or_default(),
            Instant::now(),
        );
        handle.sleep(MEASURED).await;
        let requests = (answered.get() - before) as f64;
        let cost = (processor_time(process.id())
            .unwrap_or_default()
            .saturating_sub(used))
        .as_secs_f64()
            * 1e6;
        (requests / start.elapsed().as_secs_f64(), cost / requests)
    })
}

async fn ask(scheduler: Handle, server: SocketAddr, answered: Rc<Cell<u64>>) {
    let stream = connect(&scheduler, server)
        .await
        .expect("the server is there");
    let mut answer = [0; 64];
    loop {
        send(&stream, b"21\n").await.expect("the server is there");
        let count = recv(&stream, &mut answer)
            .await
            .expect("the server is there");
        assert_eq!(&answer[..count], b"42\n");
        answered.set(answered.get() + 1);
    }
}

/// Bars, a group for each lesson.
fn draw(table: &[(&str, Vec<Option<Rate>>)]) -> String {
    let rates = table
        .iter()
        .flat_map(|(_, row)| row.iter().flatten())
        .map(|(rate, _)| *rate);
    let most = rates.fold(1.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {}\" role=\"img\" aria-label=\"requests a second\">\n\
         <style>svg{{background:#fff;font:11px sans-serif}}text{{fill:#24292f}}.c0{{fill:#8c959f}}.c1{{fill:#1f6feb}}.c2{{fill:#0a3069}}\
         @media(prefers-color-scheme:dark){{svg{{background:#0d1117}}text{{fill:#e6edf3}}.c2{{fill:#a5d6ff}}}}</style>\n\
         <text x=\"130\" y=\"14\">requests a second with 1 (grey), 100 (blue) and 1,000 (dark) clients</text>\n",
        table.len() * 42 + 30
    );
    for (place, (lesson, row)) in table.iter().enumerate() {
        let top = 24 + 42 * place;
        let _ = writeln!(
            svg,
            "<text x=\"122\" y=\"{}\" text-anchor=\"end\">{lesson}</text>",
            top + 22
        );
        for (number, cell) in row.iter().enumerate() {
            let Some((rate, _)) = cell else { continue };
            let width = 540.0 * rate / most;
            let y = top + 12 * number;
            let _ = writeln!(
                svg,
                "<rect class=\"c{number}\" x=\"130\" y=\"{y}\" width=\"{width:.1}\" height=\"10\"/>\
                 <text x=\"{:.1}\" y=\"{}\">{:.0}k</text>",
                134.0 + width,
                y + 9,
                rate / 1e3
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
