//! Days and times as people write them, at a place.
//!
//! The figures are 0 to 9 in every language, so that two people compare a time digit by digit.

use jiff::{Timestamp, Zoned, civil::Weekday, tz::TimeZone};

use crate::Language;
use crate::words::Words;

/// What the wall at a place shows; UTC where the zone is unknown.
pub(crate) fn wall(at_ms: i64, zone: &str) -> Zoned {
    let edge = if at_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(edge);
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
}

/// `2021-12-30`: the day at a place.
pub(crate) fn civil_day(at_ms: i64, zone: &str) -> String {
    wall(at_ms, zone).date().to_string()
}

/// For `datetime` attributes and feeds: RFC 3339 in UTC.
pub(crate) fn machine(at_ms: i64) -> String {
    wall(at_ms, "UTC").timestamp().to_string()
}

/// 'Thursday 30 December 2021'
pub(crate) fn day(date: jiff::civil::Date, language: Language) -> String {
    let words = Words::of(language);
    let month = usize::try_from(date.month() - 1).ok().and_then(|n| words.months.get(n));
    let weekday = words.weekdays.get(place(date.weekday()));
    let (Some(month), Some(weekday)) = (month, weekday) else {
        return date.to_string();
    };
    let (day, year) = (date.day(), date.year());
    match language {
        Language::English => format!("{weekday} {day} {month} {year}"),
        Language::Russian => format!("{weekday}, {day} {month} {year} г."),
        Language::Arabic => format!("{weekday} {day} {month} {year}"),
    }
}

/// 'Thursday 30 December 2021', from the form that an edition carries.
pub(crate) fn day_of(text: &str, language: Language) -> String {
    text.parse()
        .map_or_else(|_| text.to_owned(), |date| day(date, language))
}

fn place(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

/// '3:35 p.m.' in English, '15:35' elsewhere.
pub(crate) fn clock(at: &Zoned, language: Language) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    if language != Language::English {
        return format!("{hour:02}:{minute:02}");
    }
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    // A space that does not break: a line must not end between the hour and its half of the day.
    let half = if hour < 12 { "a.m." } else { "p.m." };
    format!("{twelve}:{minute:02}\u{a0}{half}")
}

/// '121 minutes', in the form that the number asks for.
pub(crate) fn minutes(n: u32, language: Language) -> String {
    let (ten, hundred) = (n % 10, n % 100);
    match language {
        Language::English if n == 0 => "less than a minute".to_owned(),
        Language::Russian if n == 0 => "меньше минуты".to_owned(),
        Language::Arabic if n == 0 => "أقل من دقيقة".to_owned(),
        Language::English if n == 1 => "1 minute".to_owned(),
        Language::English => format!("{n} minutes"),
        Language::Russian => {
            let word = match (ten, hundred) {
                (_, 11..=14) => "минут",
                (1, _) => "минута",
                (2..=4, _) => "минуты",
                _ => "минут",
            };
            format!("{n} {word}")
        }
        Language::Arabic => match (n, hundred) {
            (1, _) => "دقيقة واحدة".to_owned(),
            (2, _) => "دقيقتان".to_owned(),
            (_, 3..=10) => format!("{n} دقائق"),
            _ => format!("{n} دقيقة"),
        },
    }
}

/// '2:31', for the length of a clip.
pub(crate) fn length(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_in_three_languages() {
        for (n, en, ru, ar) in [
            (0, "less than a minute", "меньше минуты", "أقل من دقيقة"),
            (1, "1 minute", "1 минута", "دقيقة واحدة"),
            (2, "2 minutes", "2 минуты", "دقيقتان"),
            (5, "5 minutes", "5 минут", "5 دقائق"),
            (12, "12 minutes", "12 минут", "12 دقيقة"),
            (50, "50 minutes", "50 минут", "50 دقيقة"),
            (121, "121 minutes", "121 минута", "121 دقيقة"),
        ] {
            let all = Language::ALL.map(|language| minutes(n, language));
            assert_eq!(all, [en, ru, ar]);
        }
    }

    #[test]
    fn noon_and_midnight_have_their_names() {
        let at = |hour: i64| clock(&wall(hour * 3_600_000, "UTC"), Language::English);
        assert_eq!(at(0), "12:00\u{a0}a.m.");
        assert_eq!(at(12), "12:00\u{a0}p.m.");
        assert_eq!(at(13), "1:00\u{a0}p.m.");
        assert_eq!(wall(i64::MAX, "no/where").year(), 9999);
    }
}
