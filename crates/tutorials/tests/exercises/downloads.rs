//! Lesson 18. Write a file piece by piece. When a piece fails to come, the file that was
//! there before must be there still, whole, and nothing else.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

type Pieces<'a> = &'a mut dyn Iterator<Item = io::Result<&'static [u8]>>;

fn yours(path: &Path, pieces: Pieces<'_>) -> io::Result<()> {
    let mut file = File::create(path)?;
    for piece in pieces {
        file.write_all(piece?)?;
    }
    Ok(())
}

fn check(save: fn(&Path, Pieces<'_>) -> io::Result<()>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cat.png");
    let whole: [io::Result<&'static [u8]>; 2] = [Ok(b"first "), Ok(b"picture")];
    save(&path, &mut whole.into_iter()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first picture");
    let broken: [io::Result<&'static [u8]>; 2] =
        [Ok(b"half"), Err(io::ErrorKind::ConnectionReset.into())];
    save(&path, &mut broken.into_iter()).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"first picture");
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "nothing else is left"
    );
}

#[test]
#[ignore = "hint: write under another name; a rename is one step"]
fn yours_keeps_it_whole() {
    check(yours);
}

#[test]
fn the_solution_keeps_it_whole() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(path: &Path, pieces: Pieces<'_>) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut write = || {
        let mut file = File::create(&part)?;
        for piece in &mut *pieces {
            file.write_all(piece?)?;
        }
        fs::rename(&part, path)
    };
    let written = write();
    if written.is_err() {
        // Mostly it is there; if not, all the better.
        let _ = fs::remove_file(&part);
    }
    written
}
