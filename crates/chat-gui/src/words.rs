//! The window's own words, in English and Russian.

use jiff::civil::Date;

/// A language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Words {
    /// English.
    #[default]
    En,
    /// Russian, as the course speaks it.
    Ru,
}

/// Defines a method for each text that needs no number or name.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $english:literal, $russian:literal;)*) => {
        impl Words {
            $(
                #[doc = concat!("“", $english, "”")]
                #[must_use]
                pub fn $name(self) -> &'static str {
                    match self {
                        Self::En => $english,
                        Self::Ru => $russian,
                    }
                }
            )*
        }
    };
}

words! {
    title: "Underground chat", "Подпольный чат";
    settings: "Settings", "Настройки";
    search: "Search", "Поиск";
    send: "Send", "Отправить";
    write_here: "Write a message", "Напишите сообщение";
    retry: "Retry now", "Повторить сейчас";
    reading: "Reading", "Чтение";
    sending: "Sending", "Отправка";
    connecting: "connecting…", "подключение…";
    up: "connected", "подключено";
    no_account: "no account yet", "нет аккаунта";
    not_logged_in: "not logged in", "вход не выполнен";
    waiting: "waiting", "ожидает";
    sent: "sent", "отправлено";
    start_server: "Start a server here", "Запустить сервер здесь";
    no_server: "No server answers on this computer yet.", "На этом компьютере сервер пока не отвечает.";
    server_runs: "A server runs inside this window.", "Сервер работает внутри этого окна.";
    server_found: "There is a server already; using that one.", "Сервер уже есть; используем его.";
    empty: "Nothing has been said yet.", "Пока никто ничего не сказал.";
    welcome: "Join the chat", "Вход в чат";
    unknown_token: "The server does not know this token", "Сервер не знает этот токен";
    register_hint: "Choose a name; the server puts a word in front of it.", "Выберите имя; сервер добавит к нему слово.";
    name: "Name", "Имя";
    register: "Register", "Зарегистрироваться";
    token_hint: "Or paste the token of an account you have.", "Или вставьте токен своего аккаунта.";
    token: "Token", "Токен";
    log_in: "Log in", "Войти";
    only_read: "Only read", "Только читать";
    quit: "Quit", "Выйти";
    save: "Save", "Сохранить";
    cancel: "Cancel", "Отмена";
    host: "Server", "Сервер";
    read_port: "Port to read", "Порт чтения";
    write_port: "Port to write", "Порт записи";
    history: "History file", "Файл истории";
    font_size: "Size of letters", "Размер букв";
    theme: "Colours", "Цвета";
    light: "Light", "Светлые";
    dark: "Dark", "Тёмные";
    account: "Account…", "Аккаунт…";
    empty_name: "A name is needed.", "Нужно имя.";
    empty_token: "A token is needed.", "Нужен токен.";
    bad_host: "Name the server.", "Укажите сервер.";
    bad_port: "A port is a number from 1 to 65535.", "Порт — число от 1 до 65535.";
    bad_history: "Name the history file.", "Укажите файл истории.";
    token_saved: "The token is in .env.", "Токен записан в .env.";
    copied: "Copied.", "Скопировано.";
    too_late: "It is on its way already.", "Сообщение уже отправляется.";
    too_long: "The message is too long.", "Сообщение слишком длинное.";
    queue_full: "Too many messages wait; this one stays here.", "Слишком много сообщений ждут отправки; это остаётся здесь.";
    history_lost: "The disk is too slow: some messages are missing in the history.", "Диск слишком медленный: часть сообщений не попала в историю.";
    language: "Language", "Язык";
    still_waiting: "Some messages have not been sent yet. Leave once more to lose them.", "Есть неотправленные сообщения. Выйдите ещё раз, чтобы потерять их.";
    not_found: "not found", "не найдено";
    previous: "Previous", "Назад";
    next: "Next", "Вперёд";
    close: "Close", "Закрыть";
}

impl Words {
    /// The language of a locale such as `ru_RU.UTF-8`; English for all others.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("ru") {
            Self::Ru
        } else {
            Self::En
        }
    }

    /// As `--lang` names it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// A day, as a heading.
    #[must_use]
    pub fn day(self, day: Date) -> String {
        match self {
            Self::En => day.strftime("%A, %-d %B %Y").to_string(),
            Self::Ru => {
                let weekday = [
                    "воскресенье",
                    "понедельник",
                    "вторник",
                    "среда",
                    "четверг",
                    "пятница",
                    "суббота",
                ][day.weekday().to_sunday_zero_offset() as usize];
                let month = [
                    "января",
                    "февраля",
                    "марта",
                    "апреля",
                    "мая",
                    "июня",
                    "июля",
                    "августа",
                    "сентября",
                    "октября",
                    "ноября",
                    "декабря",
                ][day.month() as usize - 1];
                format!("{weekday}, {} {month} {} г.", day.day(), day.year())
            }
        }
    }

    /// Offers the rest of a message.
    #[must_use]
    pub fn more(self, bytes: usize) -> String {
        let size = bytes.div_ceil(1000);
        match self {
            Self::En => format!("… show more ({size} kB)"),
            Self::Ru => format!("… показать дальше ({size} кБ)"),
        }
    }

    /// On the button that leads to unread messages.
    #[must_use]
    pub fn unread(self, count: usize) -> String {
        match self {
            Self::En => format!("{count} new ↓"),
            Self::Ru => format!("{count} {} ↓", plural(count, ["новое", "новых", "новых"])),
        }
    }

    /// When a connection is tried again.
    #[must_use]
    pub fn retry_in(self, seconds: u64) -> String {
        match self {
            Self::En => format!("offline, again in {seconds} s"),
            Self::Ru => format!("нет связи, повтор через {seconds} с"),
        }
    }

    /// More messages wait than are shown.
    #[must_use]
    pub fn more_waiting(self, count: usize) -> String {
        match self {
            Self::En => format!("and {count} more before"),
            Self::Ru => format!("и ещё {count} до этого"),
        }
    }

    /// Messages for another server are where they were written.
    #[must_use]
    pub fn brought_back(self, count: usize) -> String {
        match (self, count) {
            (Self::En, 1) => "A message for the server before is here again.".to_owned(),
            (Self::En, count) => format!("{count} messages for the server before are here again."),
            (Self::Ru, count) => {
                format!("Не ушло на прежний сервер и снова здесь сообщений: {count}.")
            }
        }
    }

    /// Messages left, and nobody confirmed that they arrived.
    #[must_use]
    pub fn unsure(self, count: usize, first: &str) -> String {
        match (self, count) {
            (Self::En, 1) => format!("Nobody knows whether this arrived: {first}"),
            (Self::En, count) => {
                format!("Nobody knows whether these {count} messages arrived: {first}…")
            }
            (Self::Ru, 1) => format!("Неизвестно, дошло ли: {first}"),
            (Self::Ru, count) => format!("Неизвестно, дошли ли сообщения ({count}): {first}…"),
        }
    }

    /// A server took only the start of a message.
    #[must_use]
    pub fn cut_short(self, bytes: usize) -> String {
        let size = bytes.div_ceil(1000);
        match self {
            Self::En => format!("The server kept only the first {size} kB of that."),
            Self::Ru => format!("Сервер оставил только первые {size} кБ этого."),
        }
    }

    /// What the system says about a server that cannot be reached.
    #[must_use]
    pub fn no_connection(self, host: &str, why: &str) -> String {
        match self {
            Self::En => format!("No connection to {host}: {why}"),
            Self::Ru => format!("Нет соединения с {host}: {why}"),
        }
    }

    /// How many messages were found, and which is in sight.
    #[must_use]
    pub fn found(self, count: usize) -> String {
        match (self, count) {
            (_, 0) => self.not_found().to_owned(),
            (Self::En, count) => format!("{count} found"),
            (Self::Ru, count) => format!("найдено: {count}"),
        }
    }

    /// How many messages are selected.
    #[must_use]
    pub fn selected(self, count: usize) -> String {
        match self {
            Self::En => format!("{count} selected, Ctrl-C copies"),
            Self::Ru => format!("выделено: {count}, Ctrl-C копирует"),
        }
    }
}

/// The form of a Russian noun or adjective that goes with a number.
fn plural(count: usize, forms: [&'static str; 3]) -> &'static str {
    match (count % 10, count % 100) {
        (_, 11..=14) => forms[2],
        (1, _) => forms[0],
        (2..=4, _) => forms[1],
        _ => forms[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        assert_eq!(Words::of_locale("ru_RU.UTF-8"), Words::Ru);
        assert_eq!(Words::of_locale("RU"), Words::Ru);
        assert_eq!(Words::of_locale("C"), Words::En);
    }

    #[test]
    fn days_and_numbers_are_said_as_the_language_says_them() {
        let day = jiff::civil::date(2026, 11, 21);
        assert_eq!(Words::En.day(day), "Saturday, 21 November 2026");
        assert_eq!(Words::Ru.day(day), "суббота, 21 ноября 2026 г.");
        assert_eq!(Words::Ru.unread(21), "21 новое ↓");
        assert_eq!(Words::Ru.unread(11), "11 новых ↓");
    }
}
