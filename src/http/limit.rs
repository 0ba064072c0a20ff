//! How often one key, or one address without a key, may ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::office::Code;
use crate::office::Refusal;

/// Buckets that have filled up again are forgotten each time so many requests have passed.
const SWEEP: u32 = 10_000;

/// How many requests pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Requests a second of one key.
    pub key_per_second: NonZeroU32,
    /// Requests a second of one address without a key.
    pub peer_per_second: NonZeroU32,
    /// Keys and invitations that are not valid, a minute, from one address.
    pub failures_per_minute: NonZeroU32,
    /// Logins and enrolments, a minute, from one address, right or wrong: each takes a hundredth of a second and much memory to judge.
    pub logins_per_minute: NonZeroU32,
    /// Answers a minute about one unit by its open link, from one address. Its network may send `NETWORK` times as many, and all together
    /// `EVERYBODY` times as many.
    pub answers_per_minute: NonZeroU32,
}

impl Rates {
    /// Generous: a batch uploader and an office behind one address stay below; a loop does not.
    pub const DEFAULT: Self = Self {
        key_per_second: nonzero(500),
        peer_per_second: nonzero(100),
        failures_per_minute: nonzero(10),
        logins_per_minute: nonzero(60),
        answers_per_minute: ANSWERS,
    };
}

/// Answers a minute by the open link of one unit from one address: a hall that answers behind one address stays below.
pub const ANSWERS: NonZeroU32 = nonzero(30);
/// How many times as many a network may send: a /24, or a /48 of IPv6.
const NETWORK: NonZeroU32 = nonzero(4);
/// How many times as many may come about one unit at all.
const EVERYBODY: NonZeroU32 = nonzero(20);

/// What one link is: a wave and a unit.
type Link = (i32, i32);

const fn nonzero(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

/// The buckets.
pub struct Limiter {
    keys: DefaultKeyedRateLimiter<i32>,
    peers: DefaultKeyedRateLimiter<IpAddr>,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    logins: DefaultKeyedRateLimiter<IpAddr>,
    /// Answers by open links: from an address, from its network, at all.
    answers: [DefaultKeyedRateLimiter<(IpAddr, Link)>; 3],
    clock: DefaultClock,
    passed: AtomicU32,
}

impl Limiter {
    /// Full buckets; each holds two seconds' worth, so that a burst after a pause passes.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let per_second = |rate: NonZeroU32| Quota::per_second(rate).allow_burst(rate.saturating_mul(nonzero(2)));
        Self {
            keys: RateLimiter::keyed(per_second(rates.key_per_second)),
            peers: RateLimiter::keyed(per_second(rates.peer_per_second)),
            failures: RateLimiter::keyed(Quota::per_minute(rates.failures_per_minute)),
            logins: RateLimiter::keyed(Quota::per_minute(rates.logins_per_minute)),
            answers: [nonzero(1), NETWORK, EVERYBODY]
                .map(|times| RateLimiter::keyed(Quota::per_minute(rates.answers_per_minute.saturating_mul(times)))),
            clock: DefaultClock::default(),
            passed: AtomicU32::new(0),
        }
    }

    /// Counts a request of a key.
    ///
    /// # Errors
    /// `rate-limited` with `Retry-After`.
    pub fn key(&self, id: i32) -> Result<(), Refusal> {
        self.sweep();
        self.keys.check_key(&id).map_err(|until| self.refusal(&until))
    }

    /// Counts a request without a key.
    ///
    /// # Errors
    /// `rate-limited` with `Retry-After`.
    pub fn peer(&self, address: IpAddr) -> Result<(), Refusal> {
        self.sweep();
        self.peers.check_key(&network(address)).map_err(|until| self.refusal(&until))
    }

    /// Counts an answer by the open link of a unit.
    ///
    /// The widest bucket comes last: whoever is refused by a narrower one takes nothing out of what others share.
    ///
    /// # Errors
    /// `rate-limited` with `Retry-After`.
    pub fn answer(&self, address: IpAddr, link: Link) -> Result<(), Refusal> {
        self.sweep();
        let [one, near, all] = &self.answers;
        for (bucket, from) in [(one, network(address)), (near, wider(address)), (all, IpAddr::V4(Ipv4Addr::UNSPECIFIED))] {
            bucket.check_key(&(from, link)).map_err(|until| self.refusal(&until))?;
        }
        Ok(())
    }

    /// Counts a key or an invitation that is not valid.
    ///
    /// # Errors
    /// `rate-limited` with `Retry-After`.
    pub fn failure(&self, address: IpAddr) -> Result<(), Refusal> {
        self.sweep();
        self.failures.check_key(&network(address)).map_err(|until| self.refusal(&until))
    }

    /// Counts a login or an enrolment before it is judged.
    ///
    /// # Errors
    /// `rate-limited` with `Retry-After`.
    pub fn login(&self, address: IpAddr) -> Result<(), Refusal> {
        self.sweep();
        self.logins.check_key(&network(address)).map_err(|until| self.refusal(&until))
    }

    fn refusal(&self, until: &governor::NotUntil<<DefaultClock as Clock>::Instant>) -> Refusal {
        let wait = until.wait_time_from(self.clock.now());
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        Refusal::new(Code::RateLimited).retry_after(seconds)
    }

    fn sweep(&self) {
        if self.passed.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.keys.retain_recent();
            self.peers.retain_recent();
            self.failures.retain_recent();
            self.logins.retain_recent();
            self.answers.iter().for_each(RateLimiter::retain_recent);
        }
    }
}

/// An IPv4 address, or the /64 that one IPv6 subscriber has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The /24 of an IPv4 address, or the /48 that one IPv6 site has.
fn wider(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_bucket() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2:ffff::1"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn answers_about_a_unit_are_counted_by_address_by_network_and_in_all() {
        let limiter = Limiter::new(Rates { answers_per_minute: nonzero(5), ..Rates::DEFAULT });
        let passed = |n: u8, link: Link, address: fn(u8) -> IpAddr| (0..n).filter(|n| limiter.answer(address(*n), link).is_ok()).count();
        let v4 = |a, b, c| IpAddr::V4(Ipv4Addr::new(198, a, b, c));
        assert_eq!(passed(50, (1, 1), |_| "192.0.2.1".parse().unwrap()), 5);
        assert_eq!(passed(50, (1, 2), |_| "192.0.2.1".parse().unwrap()), 5, "another unit has a link of its own");
        assert_eq!(passed(100, (1, 1), |n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2 + n))), 15, "the rest of the network's twenty");
        let far: Vec<IpAddr> = (0..200).map(|n| v4(n, n, n)).collect();
        assert_eq!(far.iter().filter(|address| limiter.answer(**address, (1, 1)).is_ok()).count(), 80, "a hundred in all");
        let subscriber = |n| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, n));
        assert_eq!((0..50).filter(|n| limiter.answer(subscriber(*n), (1, 3)).is_ok()).count(), 5, "one subscriber is one address");
    }

    #[test]
    fn a_full_bucket_refuses_and_says_how_long_and_no_other_bucket_notices() {
        let limiter = Limiter::new(Rates { failures_per_minute: nonzero(2), ..Rates::DEFAULT });
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!(limiter.failure(one).is_ok());
        assert!(limiter.failure(one).is_ok());
        let refusal = crate::http::problem::render(&limiter.failure(one).unwrap_err(), crate::words::Lang::En, "");
        assert_eq!(refusal.status(), 429);
        let seconds: u32 = refusal.headers().get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
        assert!((1..=31).contains(&seconds), "{seconds}");
        assert!(limiter.failure(other).is_ok());
        assert!(limiter.peer(one).is_ok());
    }
}
