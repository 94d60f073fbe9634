//! What was typed and not confirmed when the program ends: given back, so that it is not lost.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use common::escape::visible;

/// How long leaving may take where something is on its way.
pub(super) const SETTLE: Duration = Duration::from_millis(500);

/// Gives `texts` back on stderr, where there are any; the exit code, which is not 0 then.
pub(super) fn give_back(texts: &[String], code: ExitCode) -> ExitCode {
    let Some(report) = report(texts) else {
        return code;
    };
    // The terminal may be gone (SIGHUP), and nobody left to be told.
    let _ = std::io::stderr().write_all(report.as_bytes());
    if code == ExitCode::SUCCESS {
        ExitCode::FAILURE
    } else {
        code
    }
}

/// A sentence, and the texts as they were typed, a line each.
fn report(texts: &[String]) -> Option<String> {
    let subject = match texts {
        [] => return None,
        [_] => "1 message was".to_owned(),
        more => format!("{} messages were", more.len()),
    };
    let mut report = format!("underground-chat: {subject} not confirmed by the server:\n");
    for text in texts {
        report += &visible(text);
        report.push('\n');
    }
    Some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report_of(texts: &[&str]) -> Option<String> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        report(&texts)
    }

    #[test]
    fn what_is_lost_is_counted_in_words_and_shown_escaped() {
        assert_eq!(report_of(&[]), None);
        assert_eq!(
            report_of(&["привет \x1b[2J"]).unwrap(),
            "underground-chat: 1 message was not confirmed by the server:\nпривет \\x1b[2J\n"
        );
        assert_eq!(
            report_of(&["a", "b"]).unwrap(),
            "underground-chat: 2 messages were not confirmed by the server:\na\nb\n"
        );
    }

    #[test]
    fn nothing_lost_leaves_the_code_and_a_loss_is_a_failure() {
        assert_eq!(give_back(&[], ExitCode::SUCCESS), ExitCode::SUCCESS);
        let lost = ["a".to_owned()];
        assert_eq!(give_back(&lost, ExitCode::SUCCESS), ExitCode::FAILURE);
        // The terminal is gone.
        assert_eq!(give_back(&lost, ExitCode::from(129)), ExitCode::from(129));
    }
}
