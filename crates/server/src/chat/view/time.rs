//! Moments as people on the spot read them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::chat::words::{Day, Words};

/// A calendar and a clock at one place and moment.
#[derive(Debug, Clone)]
pub(in crate::chat) struct Calendar {
    zone: TimeZone,
    today: Date,
}

impl Calendar {
    /// At this place, and now, in milliseconds since the Unix epoch.
    pub(in crate::chat) fn new(zone: TimeZone, now: i64) -> Self {
        let today = moment(now).to_zoned(zone.clone()).date();
        Self { zone, today }
    }

    /// The day of a moment.
    pub(in crate::chat) fn date(&self, at: i64) -> Date {
        moment(at).to_zoned(self.zone.clone()).date()
    }

    /// `14:03`.
    pub(in crate::chat) fn clock(&self, at: i64) -> String {
        let time = moment(at).to_zoned(self.zone.clone()).time();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// `today`, `Mon 23 Nov`, `Mon 23 Nov 2025`.
    pub(in crate::chat) fn day(&self, date: Date, words: &Words) -> String {
        if date == self.today {
            return words.today.into();
        }
        if self
            .today
            .yesterday()
            .is_ok_and(|yesterday| yesterday == date)
        {
            return words.yesterday.into();
        }
        let day = Day {
            year: (date.year() != self.today.year()).then(|| date.year()),
            month: date.month(),
            day: date.day(),
            weekday: usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0),
        };
        words.day(day)
    }

    /// The clock for today, else the day and month.
    pub(in crate::chat) fn short(&self, at: i64) -> String {
        let date = self.date(at);
        if date == self.today {
            self.clock(at)
        } else {
            format!("{}/{}", date.month(), date.day())
        }
    }
}

/// Servers may say any time; one beyond the calendar is shown at its edge.
fn moment(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::words::Language;

    #[test]
    fn moments_are_told_from_where_one_is() {
        let shanghai = TimeZone::fixed(jiff::tz::offset(8));
        // 2026-11-23 16:30 UTC is half past midnight of the next day there.
        let now = 1_795_451_400_000;
        let calendar = Calendar::new(shanghai, now);
        let words = Language::English.words();
        assert_eq!(calendar.clock(now), "00:30");
        let day = |at| calendar.day(calendar.date(at), words);
        assert_eq!(day(now), "today");
        assert_eq!(day(now - 3_600_000), "yesterday");
        assert_eq!(day(now - 2 * 86_400_000), "Sun 22 Nov");
        assert_eq!(day(now - 400 * 86_400_000), "Mon 20 Oct 2025");
        assert_eq!(calendar.short(now - 3_600_000), "11/23");
        assert_eq!(calendar.clock(i64::MAX).len(), 5);
    }
}
