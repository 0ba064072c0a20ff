//! The clock of the country: which day and time of day an instant is in Việt Nam.

use chrono::NaiveDate;

/// Việt Nam is at UTC+7 all year: its day begins seven hours before that of UTC.
const OFFSET: i64 = 7 * 3_600 * 1_000_000;
/// A day in microseconds.
pub const DAY: i64 = 86_400 * 1_000_000;

/// The service day of an instant (UTC microseconds): days since 1970-01-01 in `Asia/Ho_Chi_Minh`.
#[must_use]
pub fn service_day(instant: i64) -> i64 {
    instant.saturating_add(OFFSET).div_euclid(DAY)
}

/// The date of the service day of an instant (UTC microseconds); none beyond the years that a calendar has.
#[must_use]
pub fn service_date(instant: i64) -> Option<NaiveDate> {
    i32::try_from(service_day(instant)).ok().and_then(NaiveDate::from_epoch_days)
}

/// The time of day of an instant (UTC microseconds) in `Asia/Ho_Chi_Minh`: microseconds since midnight.
#[must_use]
pub fn time_of_day(instant: i64) -> i64 {
    instant.saturating_add(OFFSET).rem_euclid(DAY)
}

/// The day of the week of a service day: 0 is Monday.
#[must_use]
pub fn weekday(day: i64) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from(day.saturating_add(3).rem_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_turns_at_midnight_in_ha_noi_not_in_london() {
        let last_second = 1_725_209_999_000_000; // 2024-09-01T23:59:59+07:00, a Sunday
        assert_eq!((service_day(last_second), weekday(service_day(last_second))), (19_967, 6));
        assert_eq!(time_of_day(last_second), 86_399_000_000);
        assert_eq!((service_day(last_second + 1_000_000), weekday(19_968), time_of_day(last_second + 1_000_000)), (19_968, 0, 0));
    }

    #[test]
    fn instants_before_1970_and_at_the_ends_have_a_day_too() {
        assert_eq!((service_day(-8 * 3_600 * 1_000_000), weekday(-1)), (-1, 2));
        for instant in [i64::MIN, i64::MAX] {
            assert!((0..DAY).contains(&time_of_day(instant)));
            assert!(weekday(service_day(instant)) < 7);
        }
    }
}
